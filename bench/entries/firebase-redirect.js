/** The ordinary way to set it up, by which people sign in on another page. */
import { initializeApp } from 'firebase/app';
import { getAuth, getRedirectResult, GoogleAuthProvider, linkWithRedirect, signInAnonymously, signOut } from 'firebase/auth';

const auth = getAuth(initializeApp({ apiKey: 'bench', authDomain: 'shop.firebaseapp.com', projectId: 'shop' }));
export const guest = () => signInAnonymously(auth);
export const token = () => auth.currentUser.getIdToken();
export const link = () => linkWithRedirect(auth.currentUser, new GoogleAuthProvider());
export const callback = () => getRedirectResult(auth);
export const logOut = () => signOut(auth);
