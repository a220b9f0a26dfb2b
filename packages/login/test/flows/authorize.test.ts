import { LoginError } from '@passerby/shared';
import { beforeEach, describe, expect, it } from 'vitest';
import { Bench, SHOP, type Page } from '../support/bench.ts';
import { grantOf, pendingOf } from '../support/samples.ts';

const down = (): LoginError => new LoginError('server', 'Down');

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
  bench.rememberGuest();
});

/** The guest began a link, and is back with its code. */
const begun = (change: Parameters<typeof pendingOf>[0] = {}): void => {
  bench.remember(
    { type: 'guest_started', grant: grantOf('user_guest', 'guest'), at: bench.time.wall, turn: 0 },
    { type: 'begun', pending: pendingOf({ subject: 'user_guest', startedAt: bench.time.wall, ...change }) },
  );
};

describe('a person in the middle of a sign-in', () => {
  it("is not signed in by a stranger's callback, whose address stays as it was", async () => {
    begun();
    const page = bench.open('/?state=state_evil&code=c');
    expect(await bench.until(page.login.completeLogin())).toBeNull();
    expect(bench.asked).toEqual([]);
    expect(page.address.href).toBe(`${SHOP}/?state=state_evil&code=c`);
    expect(page.login.getSession()).toMatchObject({ kind: 'guest' });
  });

  it('who comes back in another browser is told', async () => {
    const page = bench.open('/?state=state_1&code=c', {}, { callbackState: () => ({ state: 'state_1', origin: 'service', parameters: ['state', 'code'] }) });
    expect(await bench.until(page.login.completeLogin())).toMatchObject({ type: 'failed', error: { code: 'wrong_browser' } });
    expect(page.address.href).toBe(`${SHOP}/`);
  });

  it.each([['a callback of ours', 'state_1'], ['a foreign one', 'state_evil']])('who goes on to another view while the page reads (%s) stays there', async (_, state) => {
    begun();
    bench.storage = 'slow';
    const page = bench.open(`/?state=${state}&code=c`);
    const done = page.login.completeLogin();
    page.address = new URL('/tea', SHOP);
    await bench.until(done);
    expect(page.address.href).toBe(`${SHOP}/tea`);
  });

  it('who comes back to a page of its own is not shown the address of another', async () => {
    begun({ returnTo: '/checkout?step=2' });
    const page = bench.open('/callback?state=state_1&code=c');
    await bench.until(page.login.completeLogin());
    expect(page.address.href).toBe(`${SHOP}/callback`);
  });

  it('who was on an address with two slashes is sent to no other host, and is back there', async () => {
    const seen: string[] = [];
    const page = bench.open('/', {}, { authorize: async ({ redirectUrl }) => { seen.push(redirectUrl); return { url: 'https://login.example/', state: 'state_1', codeVerifier: 'v' }; } });
    page.address = new URL(`${SHOP}//evil.example/x?big=1`);
    page.login.linkIdentity({ connectionId: 'google' }).catch(() => undefined);
    await bench.time.pass(100);
    expect(seen).toEqual([`${SHOP}//evil.example/x`]);
    const back = bench.open();
    back.address = new URL(`${SHOP}//evil.example/x?state=state_1&code=c`);
    await bench.until(back.login.completeLogin());
    expect(back.address.href).toBe(`${SHOP}//evil.example/x?big=1`);
  });

  it.each(['javascript:alert(1)', 'data:text/html,x', 'blob:x'])('is not sent back to %s', async (redirectUrl) => {
    const page = bench.open();
    await expect(bench.until(page.login.linkIdentity({ connectionId: 'google', redirectUrl }))).rejects.toMatchObject({ code: 'config_invalid' });
    expect(page.departed).toBeNull();
  });
});

describe('a code that came back', () => {
  const arrived = (provider: Parameters<Bench['open']>[2], state = 'state_1'): Page => bench.open(`/?state=${state}&code=c`, {}, provider);

  it('whose answer was lost is not sent twice: the service is asked what became of it', async () => {
    begun();
    const page = arrived({
      exchange: async () => {
        bench.asked.push('exchange');
        expect(bench.stored.pending[0]).toMatchObject({ unsure: true });
        throw new LoginError('network', 'Lost');
      },
      resume: async () => bench.answer('resume', grantOf('user_guest', 'user')),
    });
    expect(await bench.until(page.login.completeLogin())).toMatchObject({ type: 'linked' });
    expect(bench.asked).toEqual(['exchange', 'resume']);
  });

  it('and is refused as used, because the first try came through meanwhile, is what that try did', async () => {
    begun({ unsure: true, callback: '?state=state_1&code=c' });
    let asked = 0;
    const page = arrived({
      exchange: async () => {
        throw new LoginError('callback_invalid', 'Used already');
      },
      resume: async () => (asked++ === 0 ? null : grantOf('user_guest', 'user')),
    });
    expect(await bench.until(page.login.completeLogin())).toMatchObject({ type: 'linked' });
    expect(asked).toBe(2);
  });

  it('for a user and brought a guest leaves the person who they were', async () => {
    begun();
    const page = arrived({
      exchange: async () => {
        await bench.time.clock.sleep(100);
        return bench.answer('exchange', grantOf('user_guest', 'guest'));
      },
    });
    await expect(bench.until(page.login.completeLogin())).rejects.toMatchObject({ code: 'response_invalid' });
    expect(bench.stored.session).toMatchObject({ accessToken: 'token of user_guest', kind: 'guest' });
    expect(bench.stored.pending[0]?.outcome).toBeNull();
  });

  it('while the service is down is tried a few times, and the person is told after ten seconds', async () => {
    begun();
    let tries = 0;
    const page = arrived({
      exchange: async () => {
        await bench.time.clock.sleep(1);
        if (++tries > 100) throw new Error('Nobody would wait that long');
        throw down();
      },
    });
    const from = bench.time.clock.monotonic();
    await expect(bench.until(page.login.completeLogin())).rejects.toMatchObject({ code: 'server', retryable: true });
    expect(bench.time.clock.monotonic() - from).toBeLessThanOrEqual(10_000);
    expect(tries).toBeLessThan(10);
  });

  it('in two tabs while the service is down is tried by one of them at a time, and not at once again', async () => {
    begun();
    const provider = {
      exchange: async () => {
        bench.asked.push('exchange');
        await bench.time.clock.sleep(1);
        throw down();
      },
    };
    const pages = [arrived(provider), arrived(provider)];
    const done = Promise.allSettled(pages.map(({ login }) => login.completeLogin()));
    await bench.time.pass(100);
    expect(bench.asked).toEqual(['exchange']);
    await bench.until(done);
  });

  it('after ten minutes is not redeemed', async () => {
    begun({ startedAt: bench.time.wall - 600_001 });
    const page = arrived({});
    expect(await bench.until(page.login.completeLogin())).toMatchObject({ type: 'failed', error: { code: 'callback_invalid' } });
    expect(bench.asked).toEqual([]);
  });
});

it('a visitor who comes back from a service that wants no guests did not cancel, and the page is told why', async () => {
  bench.row = undefined;
  begun({ purpose: 'guest', subject: null });
  const page = bench.open('/?state=state_1&code=c', {}, { exchange: async () => Promise.reject(new LoginError('login_denied', 'No guests here')) });
  expect(await bench.until(page.login.completeLogin())).toMatchObject({ type: 'failed', error: { code: 'login_denied', message: 'No guests here' } });
});

it('a visitor who is sent away again and again without an answer is left in peace', async () => {
  bench.row = undefined;
  const left: (string | null)[] = [];
  for (let i = 0; i < 4; i++) {
    const page = bench.open();
    page.login.authenticate({ mode: 'redirect' }).catch(() => undefined);
    await bench.time.pass(1_000);
    left.push(page.departed);
  }
  expect(left.every((url) => url !== null)).toBe(true);
  const last = bench.open();
  await expect(bench.until(last.login.authenticate({ mode: 'redirect' }))).rejects.toMatchObject({ code: 'navigation_failed' });
  expect(last.departed).toBeNull();
});

describe('a link whose way back was cut', () => {
  const goesOn = async (provider: Parameters<Bench['open']>[2]): Promise<Page> => {
    const page = bench.open('/', {}, provider);
    page.login.linkIdentity({ connectionId: 'google' }).catch(() => undefined);
    await bench.time.pass(1_000);
    return page;
  };

  it('and that was done is found again', async () => {
    begun();
    const page = bench.open('/', {}, { resume: async () => bench.answer('resume', grantOf('user_guest', 'user')) });
    expect(await bench.until(page.login.linkIdentity({ connectionId: 'google' }))).toMatchObject({ type: 'linked', session: { subject: 'user_guest', kind: 'user' } });
  });

  it('is not finished with somebody else who is signed in at the service', async () => {
    begun();
    const page = await goesOn({ resume: async () => bench.answer('resume', grantOf('user_ada', 'user')) });
    expect(page.departed).not.toBeNull();
    expect(bench.stored).toMatchObject({ session: { subject: 'user_guest', kind: 'guest' }, conflict: null });
  });

  it('and that somebody else began here is not finished for whoever is here now', async () => {
    begun({ subject: 'user_ada' });
    const page = await goesOn({ resume: async () => bench.answer('resume', grantOf('user_ada', 'user')) });
    expect(page.departed).not.toBeNull();
    expect(bench.asked).toEqual([]);
    expect(bench.stored.conflict).toBeNull();
  });

  it('and whose guest left while another tab was busy is not asked about', async () => {
    begun();
    const other = bench.open();
    let release = (): void => undefined;
    void other.ports.lock.run(() => new Promise<void>((resolve) => void (release = resolve)));
    const page = bench.open('/', {}, { resume: async () => bench.answer('resume', grantOf('user_guest', 'user')) });
    page.login.linkIdentity({ connectionId: 'google' }).catch(() => undefined);
    await bench.time.pass(100);
    const { version } = bench.stored;
    const pending = pendingOf({ subject: 'user_guest', startedAt: bench.time.wall });
    bench.row = { ...bench.remember({ type: 'guest_started', grant: grantOf('user_later', 'guest'), at: bench.time.wall, turn: 0 }, { type: 'begun', pending }), version: version + 1 };
    release();
    await bench.time.pass(1_000);
    expect(page.departed).not.toBeNull();
    expect(bench.asked).toEqual([]);
    expect(bench.stored.session).toMatchObject({ subject: 'user_later', kind: 'guest' });
  });
});
