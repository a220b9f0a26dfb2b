import { LoginError } from '@passerby/shared';
import { beforeEach, describe, expect, it } from 'vitest';
import { Bench } from './support/bench.ts';
import { grantOf, pendingOf } from './support/samples.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

const back = (): void => void bench.remember(
  { type: 'guest_started', grant: grantOf('user_guest', 'guest'), at: bench.time.wall, turn: 0 },
  { type: 'begun', pending: pendingOf({ subject: 'user_guest', startedAt: bench.time.wall }) },
);

describe('a page that asks for a token', () => {
  it('of a service that never answers is told by the deadline', async () => {
    bench.rememberGuest();
    await bench.time.pass(600_000);
    const page = bench.open('/', {}, { refresh: () => new Promise(() => undefined) });
    const from = bench.time.clock.monotonic();
    await expect(bench.until(page.login.getToken({ deadlineMs: 3_000 }))).rejects.toMatchObject({ code: 'deadline', retryAfterMs: expect.any(Number) as number });
    expect(bench.time.clock.monotonic() - from).toBe(3_000);
  });

  it('a thousand times in one turn asks once, and in a later turn once more', async () => {
    bench.rememberGuest();
    await bench.time.pass(600_000);
    const { login } = bench.open('/', {}, { refresh: () => Promise.reject(new LoginError('server', 'Not now')) });
    const calls = Array.from({ length: 1_000 }, () => login.getToken());
    const options = login.getToken({ deadlineMs: 5_000 });
    await null;
    const late = login.getToken();
    expect(new Set([...calls, options, late]).size).toBe(3);
    const ended = await bench.until(Promise.allSettled([...calls, options, late]));
    expect(ended.every(({ status }) => status === 'rejected')).toBe(true);
  });

  it('and gives up gets its own reason back', async () => {
    bench.rememberGuest();
    await bench.time.pass(600_000);
    const page = bench.open('/', {}, { refresh: () => new Promise(() => undefined) });
    const over = new AbortController();
    const asked = page.login.getToken({ signal: over.signal });
    asked.catch(() => undefined);
    await bench.time.pass(100);
    over.abort(new Error('The view was left'));
    await expect(bench.until(asked)).rejects.toThrow('The view was left');
  });

  it("to which a person just came back signed in gets the user's, and not the guest's", async () => {
    back();
    const page = bench.open('/?state=state_1&code=c');
    page.login.subscribe(() => undefined);
    await bench.time.pass(1);
    expect(page.login.getSession()).toMatchObject({ kind: 'guest' });
    expect(await bench.until(page.login.getToken())).not.toBe('token of user_guest');
    expect(page.login.getSession()).toMatchObject({ kind: 'user' });
  });
});

describe('a page that asks what became of a sign-in', () => {
  it('gets the same answer each time', async () => {
    back();
    const page = bench.open('/?state=state_1&code=c');
    expect(await bench.until(page.login.completeLogin())).toMatchObject({ type: 'linked' });
    expect(await bench.until(page.login.completeLogin())).toMatchObject({ type: 'linked' });
    expect(bench.asked).toEqual(['exchange']);
  });

  it('while the service is down may ask again, without a reload', async () => {
    back();
    let service: 'down' | 'up' = 'down';
    let tries = 0;
    const page = bench.open('/?state=state_1&code=c', {}, {
      exchange: async () => {
        await bench.time.clock.sleep(1);
        if (++tries > 100) throw new Error('Nobody would wait that long');
        if (service === 'down') throw new LoginError('server', 'Down');
        return bench.answer('exchange', grantOf('user_guest', 'user'));
      },
    });
    await expect(bench.until(page.login.completeLogin())).rejects.toMatchObject({ code: 'server' });
    // Who is here already is not held up by it.
    expect(await bench.until(page.login.getToken())).toBe('token of user_guest');
    service = 'up';
    await bench.time.pass(30_000);
    expect(await bench.until(page.login.completeLogin())).toMatchObject({ type: 'linked' });
  });
});

describe('a connection', () => {
  it.each(['sc_guests', ''])('(%s) that makes guests keeps nobody’s cart: nobody is linked to it', async (connectionId) => {
    bench.rememberGuest();
    const page = bench.open();
    await expect(bench.until(page.login.linkIdentity({ connectionId }))).rejects.toMatchObject({ code: 'config_invalid' });
    expect(page.departed).toBeNull();
  });

  it('that came out of an address bar, 5 MB long, is sent nowhere and kept nowhere', async () => {
    const page = bench.open();
    await expect(bench.until(page.login.authenticate({ connectionId: 'x'.repeat(5_000_000) }))).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(bench.until(page.login.linkIdentity({ connectionId: 'x'.repeat(5_000_000) }))).rejects.toMatchObject({ code: 'config_invalid' });
    expect([bench.asked, bench.row, page.departed]).toEqual([[], undefined, null]);
  });
});
