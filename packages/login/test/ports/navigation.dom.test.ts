import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { browserNavigation } from '../../src/ports/navigation.ts';
import type { Popup } from '../../src/ports/ports.ts';

/** The sign-in window, as the page that opened it may see it; null: at another site's address. */
let opened: { closed: boolean; address: string | null };
let isLookedAt: boolean;
let popup: Popup;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  opened = { closed: false, address: 'about:blank' };
  const location = Object.defineProperty({}, 'href', { get: () => {
    if (opened.address === null) throw new DOMException('Blocked a frame from accessing a cross-origin frame', 'SecurityError');
    return opened.address;
  } });
  vi.spyOn(window, 'open').mockReturnValue({ get closed() { return opened.closed; }, location, close: () => undefined } as unknown as Window);
  isLookedAt = true;
  vi.spyOn(document, 'hasFocus').mockImplementation(() => isLookedAt);
  popup = browserNavigation.openPopup() as Popup;
});
afterEach(() => {
  popup.close();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** The page looks, as often as it does in such a time. */
const looksFor = (ms: number): boolean => {
  let isGivenUp = false;
  for (let passed = 0; passed < ms; passed += 300) {
    vi.advanceTimersByTime(300);
    isGivenUp = popup.isGivenUp();
  }
  return isGivenUp;
};

it('a window that was at the provider and is closed is given up at once', () => {
  opened.address = null;
  expect(looksFor(60_000)).toBe(false);
  opened.closed = true;
  expect(popup.isGivenUp()).toBe(true);
});

it('a window that is closed while somebody looks at another page is given up when they are back', () => {
  opened.address = null;
  looksFor(1_000);
  opened.closed = true;
  isLookedAt = false;
  expect(looksFor(60_000)).toBe(false);
  isLookedAt = true;
  expect(popup.isGivenUp()).toBe(true);
});

it.each([['before it was seen there', 0], ['in the moment in which it was', 1]])('a window that is parted from the page on its way to the provider, %s, is not given up because this page is looked at', (_when, looks) => {
  opened.address = null;
  for (let look = 0; look < looks; look++) popup.isGivenUp();
  opened.closed = true;
  expect(looksFor(60_000)).toBe(false);
});

it('a window that was parted from the page is given up by who comes back and stays, not by who only passes', () => {
  opened.closed = true;
  isLookedAt = false;
  expect(looksFor(60_000)).toBe(false);
  isLookedAt = true;
  window.dispatchEvent(new Event('focus'));
  expect(looksFor(2_000)).toBe(false);
  isLookedAt = false;
  expect(looksFor(60_000)).toBe(false);
  isLookedAt = true;
  window.dispatchEvent(new Event('focus'));
  expect(looksFor(2_000)).toBe(false);
  expect(looksFor(2_000)).toBe(true);
});
