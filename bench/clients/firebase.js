import { initializeApp } from 'firebase/app';
import { connectAuthEmulator, indexedDBLocalPersistence, initializeAuth, signInAnonymously } from 'firebase/auth';

export const label = 'firebase';
export const ready = (client) => client.authStateReady();
export const guest = async (client) => (await signInAnonymously(client)).user.getIdToken();
export const getToken = (client) => client.currentUser.getIdToken();

export function create({ auth }) {
  const client = initializeAuth(initializeApp({ apiKey: 'bench', projectId: 'x' }), { persistence: indexedDBLocalPersistence });
  connectAuthEmulator(client, auth, { disableWarnings: true });
  return client;
}
