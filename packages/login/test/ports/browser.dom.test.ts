import { expect, it, vi } from 'vitest';
import { LoginClient } from '../../src/index.ts';
import { browserActPorts } from '../../src/ports/act-ports.ts';
import { browserPorts } from '../../src/ports/browser.ts';

const settings = { authressApiUrl: 'https://login.example.com', applicationId: 'app_shop' };

it('a client asks nothing, stores nothing and listens to nothing until the app asks', () => {
  const before = { onload: window.onload, cookie: document.cookie, stored: localStorage.length };
  const added: string[] = [];
  const { addEventListener } = window;
  window.addEventListener = ((type: string) => void added.push(type)) as typeof addEventListener;
  new LoginClient(settings);
  window.addEventListener = addEventListener;
  expect(added).toEqual([]);
  expect({ onload: window.onload, cookie: document.cookie, stored: localStorage.length }).toEqual(before);
});

it('a page without IndexedDB is told once and keeps its guest in memory', async () => {
  expect('indexedDB' in globalThis).toBe(false);
  const login = new LoginClient(settings);
  const told: string[] = [];
  login.subscribe(({ type }) => told.push(type));
  expect(await login.completeLogin()).toBeNull();
  await expect(login.getToken()).rejects.toMatchObject({ code: 'login_required' });
  expect(told).toEqual(['storage_degraded']);
});

it('the address bar is rewritten in place: no navigation, no history entry', () => {
  const { navigation } = browserPorts('test');
  const entries = history.length;
  navigation.rewrite(new URL('/clean', location.href));
  expect(navigation.current().pathname).toBe('/clean');
  expect(history.length).toBe(entries);
});

it('a tab that nobody looks at, whose timers are held back, still gets on with long work', async () => {
  vi.useFakeTimers();
  try {
    await browserActPorts('test', browserPorts('test').clock).provider.breathe();
  } finally {
    vi.useRealTimers();
  }
});
