/** The store: one row in IndexedDB through idb-keyval, whose `update` is atomic across tabs. */
import { get, update, type UseStore } from 'idb-keyval';
import { LoginError } from '@passerby/shared';
import type { Clock, Store } from './ports.ts';

const DATABASE = 'passerby';
const TABLE = 'sessions';
/** IndexedDB can hang on open for ever (seen in WebKit and Chromium); nobody waits longer than this. */
const DEADLINE_MS = 2_000;

export function idbStore(key: string, clock: Clock): Store {
  let use: UseStore | null = null;
  /** A connection that was closed under us fails for ever, so the next call opens a new one. */
  const once = <T>(work: (use: UseStore) => Promise<T>): Promise<T> =>
    work((use ??= connection())).catch((cause: unknown) => {
      use = null;
      throw cause;
    });
  const timely = <T>(work: (use: UseStore) => Promise<T>): Promise<T> => {
    const answer = once(work).catch(() => once(work));
    // Left to run out: to abort it costs a page that opens more than all else here.
    const late = clock.sleep(DEADLINE_MS).then(() => {
      throw new LoginError('storage_unavailable', 'IndexedDB did not answer in time');
    });
    return Promise.race([answer, late]);
  };
  return {
    read: () => timely((store) => get(key, store)),
    update: (change) => timely((store) => update(key, change, store)),
  };
}

function connection(): UseStore {
  const opened = open();
  return async (mode, callback) => callback((await opened).transaction(TABLE, mode).objectStore(TABLE));
}

function open(version?: number): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, version);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const database = request.result;
      // Another tab that upgrades or deletes the database must not wait for us.
      database.onversionchange = () => database.close();
      if (database.objectStoreNames.contains(TABLE)) return resolve(database);
      // Somebody made the database without our table; the next version has it.
      database.close();
      resolve(open(database.version + 1));
    };
  });
}
