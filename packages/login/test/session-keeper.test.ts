import { LoginError } from '@passerby/shared';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Provider } from '../src/providers/provider.ts';
import { Bench, type Page } from './support/bench.ts';
import { grantOf } from './support/samples.ts';

const DAY = 86_400_000;
/** The life of the guests' tokens here. */
const LIFE = 600_000;

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

const opened = async (provider: Partial<Provider> = {}): Promise<Page> => {
  const page = bench.open('/', {}, provider);
  await bench.until(page.reader.load());
  return page;
};

describe('a guest with a token that is good', () => {
  let page: Page;
  beforeEach(async () => {
    bench.rememberGuest();
    page = await opened();
  });

  it('is served it without a look at anything', async () => {
    expect(await page.reader.token()).toBe('token of user_guest');
    await bench.time.pass(LIFE - 60_001);
    expect(page.reader.token()).not.toBeNull();
    await bench.time.pass(1);
    expect(page.reader.token()).toBeNull();
  });

  it('whose device slept while no page counted the time is not served it in the morning', () => {
    bench.time.wall += 8 * 3_600_000;
    expect(page.reader.token()).toBeNull();
    expect(page.keeper.nextStep('explicit')).toBe('refresh');
  });

  it('whose clock is set back is asked about it once', () => {
    bench.time.wall -= DAY;
    expect(page.reader.token()).toBeNull();
  });

  it('whose clock is set back a little each minute is not served it for ever', async () => {
    for (let i = 0; i < 20; i++) {
      await bench.time.pass(60_000);
      bench.time.wall -= 60_000;
    }
    expect(page.reader.token()).toBeNull();
    expect(page.keeper.nextStep('explicit')).toBe('refresh');
  });

  it('who opens a page after the clock was set back a day gets a new one', async () => {
    bench.time.wall -= DAY;
    const later = await opened();
    expect(later.reader.token()).toBeNull();
    expect(later.keeper.nextStep('explicit')).toBe('refresh');
  });

  it('is not told anything by the opening of a page', async () => {
    const other = bench.open();
    other.reader.subscribe((notice) => other.notices.push(notice));
    await bench.until(other.reader.load());
    expect(other.notices).toEqual([]);
  });
});

describe('a guest who is renewed', () => {
  it('while the tab sleeps is not served for longer than the new token lives', async () => {
    bench.rememberGuest();
    const page = await opened({
      refresh: async ({ subject, kind }) => {
        await bench.time.clock.sleep(1_000);
        bench.time.wall += DAY;
        return bench.answer('refresh', grantOf(subject, kind));
      },
    });
    await bench.time.pass(LIFE);
    const begun = bench.time.wall;
    await bench.until(page.keeper.renew());
    expect(page.keeper.snapshot()?.expiresAt).toBe(begun + LIFE);
    expect(page.keeper.nextStep('explicit')).toBe('refresh');
  });

  it('by one tab is not renewed again by another that has not heard of it', async () => {
    bench.rememberGuest();
    bench.channel = 'silent';
    const [one, other] = [await opened(), await opened()];
    await bench.time.pass(LIFE);
    await bench.until(Promise.all([one.keeper.renew(), other.keeper.renew()]));
    expect(bench.asked).toEqual(['refresh']);
    expect(await other.reader.token()).toBe(await one.reader.token());
  });

  it('though there is no need is not', async () => {
    bench.rememberGuest();
    const page = await opened();
    await bench.until(page.keeper.renew());
    expect(bench.asked).toEqual([]);
  });

  it('as somebody else stays who they are', async () => {
    bench.rememberGuest();
    const page = await opened({ refresh: async () => grantOf('user_stranger', 'guest') });
    await bench.time.pass(LIFE);
    await expect(bench.until(page.keeper.renew())).rejects.toMatchObject({ code: 'session_changed' });
    expect(page.keeper.snapshot()?.subject).toBe('user_guest');
  });

  it('and refused a minute early is served to the end of the token', async () => {
    bench.rememberGuest();
    const page = await opened({ refresh: async () => Promise.reject(new LoginError('grant_refused', 'Over')) });
    await bench.time.pass(LIFE - 30_000);
    await expect(bench.until(page.keeper.renew())).rejects.toMatchObject({ code: 'grant_refused' });
    expect(page.keeper.snapshot()).toMatchObject({ subject: 'user_guest', renewable: false });
    expect(page.keeper.nextStep('explicit')).toBe('serve');
  });

  it('in vain has every tab wait before the next try', async () => {
    bench.rememberGuest();
    const page = await opened({ refresh: async () => Promise.reject(new LoginError('server', 'Down')) });
    await bench.time.pass(LIFE);
    await expect(bench.until(page.keeper.renew())).rejects.toMatchObject({ code: 'server' });
    expect(page.keeper.nextStep('explicit')).toBe('wait');
    expect((await opened()).keeper.nextStep('explicit')).toBe('wait');
  });

  it('by a service that says nothing lets the lock go before the others lose patience', async () => {
    bench.rememberGuest();
    const page = await opened({
      refresh: (_session, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new LoginError('network', 'Given up')))),
    });
    await bench.time.pass(LIFE);
    const begun = bench.time.clock.monotonic();
    await expect(bench.until(page.keeper.renew())).rejects.toMatchObject({ code: 'network' });
    expect(bench.time.clock.monotonic() - begun).toBe(9_000);
  });
});

describe('a page', () => {
  it('that asks for the same work many times has it done once', async () => {
    const { keeper } = await opened();
    let done = 0;
    const work = async (): Promise<number> => {
      await bench.time.clock.sleep(1_000);
      return ++done;
    };
    expect(await bench.until(Promise.all([keeper.once('merge', work), keeper.once('merge', work), keeper.once('merge', work)]))).toEqual([1, 1, 1]);
    expect(await bench.until(keeper.once('merge', work))).toBe(2);
  });

  it('with a badge that can not be drawn signs the person in all the same, and the fault is told', async () => {
    const reported: unknown[] = [];
    Object.assign(globalThis, { reportError: (error: unknown) => reported.push(error) });
    const { keeper, reader } = await opened();
    const heard: string[] = [];
    reader.subscribe(() => { throw new Error('No such element'); });
    reader.subscribe(({ type }) => heard.push(type));
    await bench.until(keeper.commit({ type: 'guest_started', grant: grantOf('user_guest', 'guest'), at: bench.time.wall, turn: 0 }));
    expect(heard).toEqual(['guest_started']);
    expect(keeper.snapshot()).toMatchObject({ subject: 'user_guest' });
    expect(reported).toMatchObject([{ message: 'No such element' }]);
  });

  it('that comes back from the cache serves nobody who signed out meanwhile', async () => {
    bench.rememberGuest();
    bench.channel = 'silent';
    const [old, other] = [await opened(), await opened()];
    await bench.until(other.keeper.commit({ type: 'signed_out', subject: 'user_guest' }));
    expect(old.reader.token()).not.toBeNull();
    old.happens('back');
    expect(old.reader.token()).toBeNull();
    await bench.until(Promise.resolve(old.keeper.caughtUp()));
    expect(old.keeper.snapshot()).toBeNull();
    expect(old.keeper.record.ended).toBe('signed_out');
  });

  it('that hears of another tab serves nobody before it has read', async () => {
    bench.rememberGuest();
    const [old, other] = [await opened(), await opened()];
    const out = other.keeper.commit({ type: 'signed_out', subject: 'user_guest' });
    await bench.until(out);
    expect(old.reader.token()).toBeNull();
    await bench.time.pass(1);
    expect(old.keeper.snapshot()).toBeNull();
  });
});
