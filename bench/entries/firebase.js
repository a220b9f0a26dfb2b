/** The smaller way to set it up: without the code for redirects and windows, so a link is by credential only. */
import { initializeApp } from 'firebase/app';
import { GoogleAuthProvider, indexedDBLocalPersistence, initializeAuth, linkWithCredential, signInAnonymously, signOut } from 'firebase/auth';

const auth = initializeAuth(initializeApp({ apiKey: 'bench', authDomain: 'shop.firebaseapp.com', projectId: 'shop' }), { persistence: indexedDBLocalPersistence });
export const guest = () => signInAnonymously(auth);
export const token = () => auth.currentUser.getIdToken();
export const link = (idToken) => linkWithCredential(auth.currentUser, GoogleAuthProvider.credential(idToken));
export const logOut = () => signOut(auth);
