import { LoginError } from '@passerby/shared';
import { beforeEach, describe, expect, it } from 'vitest';
import { Bench, SHOP } from '../support/bench.ts';
import { grantOf } from '../support/samples.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

describe('a visitor', () => {
  it('does not become the user who was signed in at this device before', async () => {
    const page = bench.open('/', {}, {
      startGuest: async () => {
        await bench.time.clock.sleep(100);
        return bench.answer('startGuest', grantOf('user_ada', 'user'));
      },
    });
    await expect(bench.until(page.login.authenticate())).rejects.toMatchObject({ code: 'response_invalid' });
    expect(page.login.getSession()).toBeNull();
  });

  it('in many tabs is one guest, also where the tabs do not hear each other', async () => {
    bench.channel = 'silent';
    const pages = Array.from({ length: 5 }, () => bench.open());
    const sessions = await bench.until(Promise.all(pages.map(({ login }) => login.authenticate())));
    expect(bench.asked).toEqual(['startGuest']);
    expect(new Set(sessions.map(({ subject }) => subject)).size).toBe(1);
  });

  it('of a verifier that is down asks it a few times and not all the time', async () => {
    let tries = 0;
    const page = bench.open('/', {}, {
      startGuest: async () => {
        await bench.time.clock.sleep(1);
        throw ++tries > 100 ? new Error('Nobody would wait that long') : new LoginError('server', 'Down');
      },
    });
    await expect(bench.until(page.login.authenticate())).rejects.toMatchObject({ code: 'server' });
    expect(tries).toBeLessThan(10);
  });

  it("whose frame is led to a stranger's callback is not the stranger's guest", async () => {
    const ends: boolean[] = [];
    bench.travel = async (_url, isEnd) => {
      ends.push(isEnd(new URL('/?state=state_evil&code=c', SHOP)), isEnd(new URL('/', SHOP)));
      return new URL('/?state=state_1&code=c', SHOP);
    };
    const { startGuest: _none, ...framed } = bench.provider;
    Object.assign(bench, { provider: framed });
    const page = bench.open();
    expect(await bench.until(page.login.authenticate())).toMatchObject({ subject: 'user_guest' });
    expect(ends).toEqual([false, false]);
  });

  it('whose storage was busy for a moment is the guest that is in it', async () => {
    bench.rememberGuest();
    bench.storage = 'fails';
    const page = bench.open();
    await bench.until(page.login.completeLogin());
    expect(page.login.getSession()).toBeNull();
    bench.storage = 'works';
    expect(await bench.until(page.login.authenticate())).toMatchObject({ subject: 'user_guest' });
    expect(bench.asked).toEqual([]);
  });

  it('who signs out while a guest is on its way stays nobody, and is asked', async () => {
    const page = bench.open('/', {}, {
      startGuest: async () => {
        await bench.time.clock.sleep(1_000);
        return bench.answer('startGuest', grantOf('user_guest', 'guest'));
      },
    });
    const started = page.login.authenticate();
    started.catch(() => undefined);
    await bench.time.pass(500);
    await bench.until(bench.open().login.logOut());
    await expect(bench.until(started)).rejects.toMatchObject({ code: 'session_changed' });
    expect(bench.asked).toEqual(['startGuest']);
    expect(page.login.getSession()).toBeNull();
  });
});
