/**
 * Not an SDK: about the least that a page can do for a session of which every tab knows. One row in IndexedDB, one Web Lock for whoever may have to ask,
 * one form without a preflight. Nothing is verified, nothing told, nothing retried.
 */
export const label = 'the floor: one IndexedDB row under a Web Lock';

export const create = ({ auth }) => ({ auth, session: null, flight: null, database: null });
export const guest = (client) => getToken(client);

export function getToken(client) {
  return isFresh(client.session) ? Promise.resolve(client.session.accessToken) : (client.flight ??= renew(client).finally(() => (client.flight = null)));
}

function renew(client) {
  return navigator.locks.request('floor', async () => {
    client.database ??= await openDatabase();
    const stored = await request(client.database.transaction('sessions').objectStore('sessions').get('session'));
    client.session = isFresh(stored) ? stored : await ask(client, stored);
    return client.session.accessToken;
  });
}

async function ask({ auth, database }, stored) {
  const [path, fields] = stored ? ['token', { refresh_token: stored.refreshToken }] : ['guest', { new: '1' }];
  const answer = await fetch(`${auth}/${path}`, { method: 'POST', body: new URLSearchParams(fields) });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  const tokens = await answer.json();
  const session = { accessToken: tokens.access_token, refreshToken: tokens.refresh_token, until: Date.now() + tokens.expires_in * 1_000 };
  await request(database.transaction('sessions', 'readwrite').objectStore('sessions').put(session, 'session'));
  return session;
}

const isFresh = (session) => session && session.until - 60_000 > Date.now();

function openDatabase() {
  const opening = indexedDB.open('floor');
  opening.onupgradeneeded = () => opening.result.createObjectStore('sessions');
  return request(opening);
}

const request = (work) => new Promise((resolve, reject) => {
  work.onsuccess = () => resolve(work.result);
  work.onerror = () => reject(work.error);
});
