import { describe, expect, it } from 'vitest';
import { idbStore } from '../../src/ports/idb-store.ts';
import type { Clock } from '../../src/ports/ports.ts';

const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now(), sleep: (ms, signal) => new Promise((resolve) => {
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()));
}) };
const add = (current: unknown): unknown => ((current as number | undefined) ?? 0) + 1;
const fresh = (): string => crypto.randomUUID();

/** The shop in another tab: a page of this origin with its own connection. */
function anotherPage(script: string): Promise<MessageEvent> {
  const frame = document.createElement('iframe');
  frame.srcdoc = `<script type="module">${script}</script>`;
  const answer = new Promise<MessageEvent>((resolve) => addEventListener('message', resolve, { once: true }));
  document.body.append(frame);
  return answer;
}

describe('the store', () => {
  it('loses no update of a thousand made at once', async () => {
    const key = fresh();
    const stores = Array.from({ length: 10 }, () => idbStore(key, clock));
    await Promise.all(Array.from({ length: 1000 }, (_, i) => stores[i % 10]!.update(add)));
    expect(await stores[0]!.read()).toBe(1000);
  });

  it('holds nothing before the first write', async () => {
    expect(await idbStore(fresh(), clock).read()).toBeUndefined();
  });

  it('goes on after its connection was closed under it', async () => {
    const key = fresh();
    const store = idbStore(key, clock);
    await store.update(add);
    // A higher version asks every open connection to close.
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase('passerby');
      request.onsuccess = () => resolve();
      request.onblocked = () => reject(new Error('The open connection blocked the deletion'));
    });
    await store.update(add);
    expect(await store.read()).toBe(1);
  });

  it('fails in time when the database is being upgraded by a page that never ends it', async () => {
    await anotherPage(`
      const request = indexedDB.open('passerby', 99);
      request.onupgradeneeded = () => {
        const { transaction } = request;
        if (!request.result.objectStoreNames.contains('sessions')) request.result.createObjectStore('sessions');
        (function busy() { transaction.objectStore('sessions').get(1).onsuccess = busy; })();
        parent.postMessage('busy', '*');
      };`);
    await expect(idbStore(fresh(), clock).read()).rejects.toMatchObject({ code: 'storage_unavailable' });
    for (const frame of document.querySelectorAll('iframe')) frame.remove();
  });
});
