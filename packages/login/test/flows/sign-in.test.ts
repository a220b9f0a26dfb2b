import { LoginError } from '@passerby/shared';
import { beforeEach, expect, it } from 'vitest';
import { Bench } from '../support/bench.ts';
import { grantOf, pendingOf } from '../support/samples.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

it('a guest who signs in while the service is down stays on the page, and does not leave the cart behind', async () => {
  bench.rememberGuest();
  await bench.time.pass(600_000);
  let tries = 0;
  const page = bench.open('/', {}, {
    refresh: async () => {
      await bench.time.clock.sleep(1);
      throw ++tries > 100 ? new Error('Nobody would wait that long') : new LoginError('server', 'Down');
    },
  });
  await expect(bench.until(page.login.authenticate({ connectionId: 'google' }))).rejects.toMatchObject({ code: 'server' });
  expect(page.departed).toBeNull();
  expect(page.login.getSession()).toMatchObject({ subject: 'user_guest', kind: 'guest' });
});

it('a guest who has to sign in once more takes a proof along that lives until they are back', async () => {
  bench.remember(
    { type: 'guest_started', grant: grantOf('user_guest', 'guest'), at: bench.time.wall, turn: 0 },
    { type: 'begun', pending: pendingOf({ subject: 'user_guest', startedAt: bench.time.wall }) },
    { type: 'not_completed', state: 'state_1', outcome: { type: 'identity_in_use' } },
  );
  await bench.time.pass(599_000);
  const page = bench.open();
  page.login.resolveLink('continue_as_user').catch(() => undefined);
  await bench.time.pass(1_000);
  expect(page.departed).not.toBeNull();
  expect(bench.asked).toEqual(['refresh']);
});

it('a person who answers in two tabs is told which answer counts', async () => {
  bench.remember(
    { type: 'guest_started', grant: grantOf('user_guest', 'guest'), at: bench.time.wall, turn: 0 },
    { type: 'begun', pending: pendingOf({ subject: 'user_guest', startedAt: bench.time.wall }) },
    { type: 'completed', state: 'state_1', grant: grantOf('user_ada', 'user'), at: bench.time.wall },
  );
  bench.channel = 'silent';
  const [one, other] = [bench.open(), bench.open()];
  await bench.until(Promise.all([one.login.completeLogin(), other.login.completeLogin()]));
  expect(await bench.until(one.login.resolveLink('stay_guest'))).toMatchObject({ subject: 'user_guest' });
  await expect(bench.until(other.login.resolveLink('continue_as_user'))).rejects.toMatchObject({ code: 'callback_unknown' });
  expect(other.login.getSession()).toMatchObject({ subject: 'user_guest' });
});
