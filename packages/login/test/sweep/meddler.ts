/** Counts the port calls of one page, and has the nth of them fail. */
import type { Ports } from '../../src/ports/ports.ts';
import type { ServiceFault, StorageFault } from '../simulation/faults.ts';
import { Page, type Browser } from '../simulation/browser.ts';

export type Fault = 'throws' | 'hangs' | 'is late' | 'answers wrong' | 'is done, but answers wrong' | 'is done, and the tab dies';
type Kind = 'storage' | 'service' | 'lock' | 'leaving' | 'telling';

/** What each kind of port can do wrong: a lock is only ever late, what the browser does at once can't hang, and some ports promise never to throw. */
export const faultsOf: Readonly<Record<Kind, readonly Fault[]>> = {
  storage: ['throws', 'hangs', 'is late', 'answers wrong', 'is done, and the tab dies'],
  service: ['throws', 'hangs', 'is late', 'answers wrong', 'is done, but answers wrong', 'is done, and the tab dies'],
  lock: ['is late', 'hangs', 'is done, and the tab dies'],
  leaving: ['throws', 'is done, and the tab dies'],
  telling: ['is done, and the tab dies'],
};

const storageFaults: Readonly<Partial<Record<Fault, StorageFault>>> = { throws: 'throws', hangs: 'hangs', 'is late': 'late' };
const serviceFaults: Readonly<Partial<Record<Fault, ServiceFault>>> = {
  throws: 'offline', hangs: 'silent', 'is late': 'slow', 'answers wrong': 'html', 'is done, but answers wrong': 'lost 502',
};

export interface Call {
  readonly name: string;
  readonly kind: Kind;
}

export class Meddler {
  readonly calls: Call[] = [];
  /** The page whose calls are counted; null: nobody's yet. */
  page: Page | null = null;

  /** `nth` counts from 1; with no fault it only counts. */
  constructor(readonly nth = 0, readonly fault: Fault | null = null) {}

  between(browser: Browser, ports: Ports, page: Page): Ports {
    /** The fault of this very call, if it has one. */
    const drawn = (name: string, kind: Kind): Fault | null => {
      if (page !== this.page) return null;
      this.calls.push({ name, kind });
      return this.calls.length === this.nth ? this.fault : null;
    };
    const die = (): void => browser.drop(page, 'crashed');
    const dying = <T>(answer: Promise<T>): Promise<T> => answer.then(() => {
      die();
      return new Promise<T>(() => undefined);
    });
    const storage = <T>(name: string, call: () => Promise<T>): Promise<T> => {
      const fault = drawn(name, 'storage');
      if (fault === 'answers wrong') browser.row = { schema: 1, version: 'seven' };
      if (!fault) return call();
      page.storageFault = storageFaults[fault] ?? null;
      const answer = call();
      page.storageFault = null;
      return fault === 'is done, and the tab dies' ? dying(answer) : answer;
    };
    const service = <T>(name: string, call: () => Promise<T>): Promise<T> => {
      const fault = drawn(name, 'service');
      if (!fault) return call();
      browser.serviceFault = serviceFaults[fault] ?? null;
      const answer = call();
      browser.serviceFault = null;
      return fault === 'is done, and the tab dies' ? dying(answer) : answer;
    };
    const atOnce = (name: string, kind: Kind, call: () => void): void => {
      const fault = drawn(name, kind);
      if (fault === 'throws') throw new DOMException('The browser refused', 'SecurityError');
      call();
      // The page's code ends with this very call as far as anybody can see: nothing it asks for afterwards arrives.
      if (fault) die();
    };
    return {
      ...ports,
      store: { read: () => storage('store.read', () => ports.store.read()), update: (change) => storage('store.update', () => ports.store.update(change)) },
      lock: {
        run: (work) => {
          const fault = drawn('lock.run', 'lock');
          if (!fault) return ports.lock.run(work);
          if (fault === 'is done, and the tab dies') return ports.lock.run(() => { die(); return new Promise(() => undefined); });
          // Somebody else holds it: for a while, or for ever.
          const holder = new Page('another tab', '/');
          let free = (): void => undefined;
          void browser.locks.port(holder).run(() => new Promise<void>((resolve) => void (free = resolve)));
          holder.pause('frozen');
          if (fault === 'is late') browser.schedule.after(5_000, () => { holder.wake(browser.schedule); free(); browser.drop(holder, 'closed'); });
          return ports.lock.run(work);
        },
      },
      channel: { ...ports.channel, post: (version) => atOnce('channel.post', 'telling', () => ports.channel.post(version)) },
      navigation: {
        current: () => ports.navigation.current(),
        rewrite: (url) => atOnce('navigation.rewrite', 'telling', () => ports.navigation.rewrite(url)),
        leave: (url) => atOnce('navigation.leave', 'leaving', () => ports.navigation.leave(url)),
        openPopup: () => ports.navigation.openPopup(),
        closePopup: () => ports.navigation.closePopup(),
      },
      frame: { ...ports.frame, travel: (url, isEnd, signal) => service('frame.travel', () => ports.frame.travel(url, isEnd, signal)) },
      provider: { ...ports.provider, fetch: (url, init) => service(`fetch ${new URL(url).pathname}`, () => ports.provider.fetch(url, init)) },
    };
  }
}
