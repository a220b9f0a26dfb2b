/** Storage that is not there, does not answer, is taken away, is full, or holds what it should not. */
import { describe, expect, it } from 'vitest';
import type { Answers } from './page/page.ts';
import type { Tab } from './support/engine.ts';
import { engines, enginesThatCan, measured } from './support/engines.ts';
import { sceneIn } from './support/scene.ts';
import { startService } from './support/service.ts';
import { deleteDatabase, readRecord, writeRecord } from './support/stored.ts';

/** Runs before the client is loaded. */
const shims = {
  missing: "Object.defineProperty(window, 'indexedDB', { value: undefined });",
  refusing: "Object.defineProperty(window, 'indexedDB', { get() { throw new DOMException('Not here', 'SecurityError'); } });",
  throwing: "IDBFactory.prototype.open = () => { throw new DOMException('Not today', 'UnknownError'); };",
  hanging: 'IDBFactory.prototype.open = () => ({});',
  /** Keeps the connections, so that a test can close them without a word. */
  watched: `
    window.connections = [];
    const { open } = IDBFactory.prototype;
    IDBFactory.prototype.open = function (...args) {
      const request = open.apply(this, args);
      request.addEventListener('success', () => window.connections.push(request.result));
      return request;
    };`,
};

declare global {
  interface Window {
    readonly connections: readonly IDBDatabase[];
    readonly report?: { readonly first: Answers; readonly second: Answers; readonly notices: readonly string[]; readonly troubles: readonly string[] };
  }
}

describe.for(engines.map((engine) => [engine.name, engine] as const))('in %s, a person', ([name, engine]) => {
  const scene = sceneIn(engine, startService);

  /** The app gets a guest and keeps it, is told once that storage fails, and nothing flies past it. */
  async function worksInMemory(tab: Tab): Promise<Answers> {
    const first = await tab.evaluate(() => window.visit.tokens(10));
    const second = await tab.evaluate(() => window.visit.tokens(10));
    expect(first).toMatchObject({ served: 10, failures: {} });
    expect(first.tokens).toHaveLength(1);
    expect(second).toMatchObject({ served: 10, tokens: first.tokens });
    expect(await tab.evaluate(() => window.visit.notices)).toEqual(expect.arrayContaining(['storage_degraded', 'guest_started']));
    expect((await tab.evaluate(() => window.visit.notices)).filter((type) => type === 'storage_degraded')).toHaveLength(1);
    expect(await tab.evaluate(() => window.troubles)).toEqual([]);
    expect(scene.place.seen.guests).toBe(1);
    return first;
  }

  /** As if nothing were wrong. */
  async function worksAsEver(tab: Tab): Promise<Answers> {
    const answers = await tab.evaluate(() => window.visit.tokens(10));
    expect(answers).toMatchObject({ served: 10, failures: {} });
    expect(await tab.evaluate(() => window.visit.notices)).not.toContain('storage_degraded');
    expect(await tab.evaluate(() => window.troubles)).toEqual([]);
    return answers;
  }

  it.for(['missing', 'refusing', 'throwing', 'hanging'] as const)('whose IndexedDB is %s is one guest in memory, and the app is told once', async (shim, context) => {
    const { ms } = await worksInMemory(await scene.visitor.openTab(scene.place.page(shims[shim])));
    measured(context, `IndexedDB ${shim}: first token after ${ms} ms`);
  });

  it('whose page is in a sandbox without an origin is one guest in memory, and the app is told once', async () => {
    const tab = await scene.visitor.openTab(scene.place.sandbox(scene.place.page()));
    await expect.poll(() => tab.evaluate(() => window.report ?? null), { timeout: 20_000 }).not.toBeNull();
    const report = await tab.evaluate(() => window.report ?? null);
    expect(report).toMatchObject({ first: { served: 10, failures: {} }, troubles: [] });
    expect(report?.second.tokens).toEqual(report?.first.tokens);
    expect(report?.notices.filter((type) => type === 'storage_degraded')).toHaveLength(1);
    expect(scene.place.seen.guests).toBe(1);
  });

  it('whose database is being upgraded for ever by another page is one guest in memory, and the app is told once', async (context) => {
    const busy = await scene.visitor.openTab(scene.place.blank);
    await busy.evaluate(() => new Promise<void>((resolve, reject) => {
      const request = indexedDB.open('passerby', 99);
      request.onerror = () => reject(request.error);
      request.onupgradeneeded = () => {
        const rows = request.result.createObjectStore('sessions');
        (function goOn() { rows.get(1).onsuccess = goOn; })();
        resolve();
      };
    }));
    const { ms } = await worksInMemory(await scene.visitor.openTab(scene.place.page()));
    measured(context, `upgrade that never ends: first token after ${ms} ms`);
  });

  it('whose connection is closed without a word goes on, and the next tab finds the same guest', async () => {
    scene.place.settings.lifetimeSeconds = 2;
    const tab = await scene.visitor.openTab(scene.place.page(shims.watched));
    await worksAsEver(tab);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    scene.place.settings.lifetimeSeconds = 3600;
    expect(await tab.evaluate(() => window.connections.map((connection) => connection.close()).length)).toBeGreaterThan(0);
    const { tokens } = await worksAsEver(tab);
    expect((await worksAsEver(await scene.visitor.openTab(scene.place.page()))).tokens).toEqual(tokens);
    expect(scene.place.seen).toEqual({ guests: 1, refreshes: 1, reuses: 0 });
  });

  it('does not keep another page from deleting the database', async () => {
    const tab = await scene.visitor.openTab(scene.place.page());
    await worksAsEver(tab);
    const other = await scene.visitor.openTab(scene.place.blank);
    expect(await other.evaluate(deleteDatabase)).toBe('deleted');
  });

  it('whose database was made by somebody else without our table is kept in it, and what was there stays', async () => {
    const tab = await scene.visitor.openTab(scene.place.blank);
    await tab.evaluate(() => new Promise<void>((resolve, reject) => {
      const request = indexedDB.open('passerby', 3);
      request.onerror = () => reject(request.error);
      request.onupgradeneeded = () => void request.result.createObjectStore('theirs').put('kept', 'it');
      request.onsuccess = () => (request.result.close(), resolve());
    }));
    await tab.goto(scene.place.page());
    const { tokens } = await worksAsEver(tab);
    expect((await worksAsEver(await scene.visitor.openTab(scene.place.page()))).tokens).toEqual(tokens);
    expect(await tab.evaluate(() => new Promise((resolve, reject) => {
      const request = indexedDB.open('passerby');
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const read = request.result.transaction('theirs').objectStore('theirs').get('it');
        read.onsuccess = () => (request.result.close(), resolve(read.result));
      };
    }))).toBe('kept');
  });

  const corrupt = [null, '', 'text', 0, -1, true, [], [[]], {}, { schema: 0 }, { schema: 1 }, { schema: 1, version: 'x' }, { schema: 1, session: {} }, { schema: '2' },
    { schema: 1, line: '', version: 0, turn: 0, session: null }, { schema: 1, line: 'a', version: 0, turn: 0, session: { subject: 'planted' }, ended: null, parked: null, pending: [], conflict: null, merges: [], backoff: null }];

  it('whose record is damaged is a new guest, and what was found is kept aside', async () => {
    const tab = await scene.visitor.openTab(scene.place.blank);
    for (const value of corrupt) {
      await tab.goto(scene.place.blank);
      await tab.evaluate(writeRecord, { key: `passerby ${scene.place.url} app`, value });
      const before = scene.place.seen.guests;
      await tab.goto(scene.place.page());
      await worksAsEver(tab);
      expect(scene.place.seen.guests).toBe(before + 1);
      expect(await tab.evaluate(readRecord, `passerby ${scene.place.url} app`)).toMatchObject({ schema: 1, aside: value });
    }
  });

  it('whose record a later version of the client wrote is one guest in memory, the app is told once, and the record stays', async () => {
    const key = `passerby ${scene.place.url} app`;
    const value = { schema: 2, whatever: ['comes', 'next'] };
    const tab = await scene.visitor.openTab(scene.place.blank);
    await tab.evaluate(writeRecord, { key, value });
    await tab.goto(scene.place.page());
    await worksInMemory(tab);
    expect(await tab.evaluate(readRecord, key)).toEqual(value);
  });

  it.for(['by the page', ...(enginesThatCan('Chromium').some((able) => able.name === name) ? ['by the browser'] : [])])('whose storage is cleared %s while three tabs live is the same guest in them, and in the next one once one of them wrote', async (by) => {
    scene.place.settings.lifetimeSeconds = 5;
    const tabs = [await scene.visitor.openTab(scene.place.page()), await scene.visitor.openTab(scene.place.page()), await scene.visitor.openTab(scene.place.page())];
    const subjects = async (all: readonly Tab[]): Promise<readonly (string | undefined)[]> => {
      await Promise.all(all.map((tab) => tab.evaluate(() => window.visit.tokens(1))));
      return Promise.all(all.map((tab) => tab.evaluate(() => window.visit.login.getSession()?.subject)));
    };
    const [subject, ...others] = await subjects(tabs);
    expect(others).toEqual([subject, subject]);
    if (by === 'by the browser') await tabs[0]?.clearStorage?.(scene.place.shop);
    else expect(await (await scene.visitor.openTab(scene.place.blank)).evaluate(deleteDatabase)).toBe('deleted');

    expect(await subjects(tabs)).toEqual([subject, subject, subject]);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    scene.place.settings.lifetimeSeconds = 3600;
    // One of them renews, and writes.
    expect(await subjects(tabs)).toEqual([subject, subject, subject]);
    expect(await subjects([await scene.visitor.openTab(scene.place.page())])).toEqual([subject]);
    expect(scene.place.seen).toEqual({ guests: 1, refreshes: 1, reuses: 0 });
  });

  if (enginesThatCan('Chromium').some((able) => able.name === name)) {
    it('whose disk is full is one guest in memory, the app is told once, and the next tab finds the same guest once there is room again', async () => {
      // As long as failed storage is left alone, and a little more.
      scene.place.settings.lifetimeSeconds = 11;
      const tab = await scene.visitor.openTab(scene.place.page());
      await tab.limitStorage?.(scene.place.shop, 100);
      await worksInMemory(tab);
      await tab.limitStorage?.(scene.place.shop, null);
      await new Promise((resolve) => setTimeout(resolve, 11_000));
      scene.place.settings.lifetimeSeconds = 3600;
      const { tokens } = await tab.evaluate(() => window.visit.tokens(10));
      expect((await worksAsEver(await scene.visitor.openTab(scene.place.page()))).tokens).toEqual(tokens);
      expect(scene.place.seen).toEqual({ guests: 1, refreshes: 1, reuses: 0 });
    });
  }

  if (enginesThatCan('Chromium', 'Firefox').some((able) => able.name === name)) {
    it('in a private window is one guest in all of its tabs, and nobody in the next private window', async () => {
      const hidden = await engine.launch({ privateMode: 'on' });
      const person = await hidden.visitor();
      const { tokens } = await worksAsEver(await person.openTab(scene.place.page()));
      expect((await worksAsEver(await person.openTab(scene.place.page()))).tokens).toEqual(tokens);
      await person.close();
      const next = await hidden.visitor();
      expect((await worksAsEver(await next.openTab(scene.place.page()))).tokens).not.toEqual(tokens);
      expect(scene.place.seen.guests).toBe(2);
      await hidden.close();
    });
  }
});
