/** What a script may do with a page's storage. Each of these runs in the page, and refers to nothing outside of itself. */

declare global {
  interface Window {
    readRecord: typeof readRecord;
    writeRecord: typeof writeRecord;
  }
}

/** Gives a page two of them, for scripts that handle what cannot leave it. */
export const withRecords = (): string => `Object.assign(window, { readRecord: ${String(readRecord)}, writeRecord: ${String(writeRecord)} }) && 'done'`;

export function deleteDatabase(): Promise<string> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase('passerby');
    request.onsuccess = () => resolve('deleted');
    request.onerror = () => resolve('failed');
    request.onblocked = () => resolve('blocked');
  });
}

export function writeRecord({ key, value }: { key: string; value: unknown }): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('passerby');
    request.onerror = () => reject(request.error);
    request.onupgradeneeded = () => void request.result.createObjectStore('sessions');
    request.onsuccess = () => {
      const writing = request.result.transaction('sessions', 'readwrite');
      writing.objectStore('sessions').put(value, key);
      writing.oncomplete = () => (request.result.close(), resolve());
    };
  });
}

export function readRecord(key: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('passerby');
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const read = request.result.transaction('sessions').objectStore('sessions').get(key);
      read.onsuccess = () => (request.result.close(), resolve(read.result));
    };
  });
}

/** All that can be carried out of the browser, as JSON: of a key that cannot be read, that is `{}`. */
export async function dump(): Promise<string> {
  const databases = await Promise.all((await indexedDB.databases()).map(({ name = '' }) => new Promise((resolve, reject) => {
    const request = indexedDB.open(name);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const tables = [...request.result.objectStoreNames];
      const rows: Record<string, unknown> = {};
      if (tables.length === 0) return resolve({ name, rows });
      const reading = request.result.transaction(tables);
      for (const table of tables) {
        const cursor = reading.objectStore(table).openCursor();
        cursor.onsuccess = () => {
          if (!cursor.result) return;
          rows[String(cursor.result.key)] = cursor.result.value;
          cursor.result.continue();
        };
      }
      reading.oncomplete = () => (request.result.close(), resolve({ name, rows }));
    };
  })));
  return JSON.stringify({ databases, local: { ...localStorage }, tab: { ...sessionStorage }, cookies: document.cookie, name: window.name, caches: await caches.keys() });
}
