import { LoginError } from '@passerby/shared';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GuestMerge } from '../../src/flows/merge.ts';
import type { LinkStep, Provider } from '../../src/providers/provider.ts';
import { Bench, type Page } from '../support/bench.ts';
import { grantOf } from '../support/samples.ts';

const renewal = { type: 'refresh_token', refreshToken: 'r' } as const;
let bench: Bench;
let proofs: (string | LoginError)[];
beforeEach(() => {
  bench = new Bench();
  proofs = [];
  // What the app's hook throws reaches the page's own error handler.
  vi.stubGlobal('reportError', () => undefined);
});
afterEach(() => void vi.unstubAllGlobals());

const byCode = (grant: () => ReturnType<typeof grantOf>): Pick<Provider, 'link'> => ({
  link: (): LinkStep => ({ challenge: { type: 'code', sentTo: 'ada@example.com' }, answer: async () => {
    await bench.time.clock.sleep(1_000);
    return { done: 'signed_in', grant: grant() };
  } }),
});
const answered = async (): Promise<{ readonly code: string }> => ({ code: '1' });
const moved = grantOf('user_ada', 'user', { movedFrom: 'user_guest', renewal });

async function openPage(provider: Partial<Provider> = {}): Promise<Page> {
  const mergeGuest = async ({ guestToken }: GuestMerge): Promise<void> => {
    proofs.push(await guestToken().catch((error: LoginError) => error));
    if (proofs.at(-1) instanceof LoginError && proofs.length < 3) throw new Error('Later');
  };
  const page = bench.open('/', { mergeGuest }, { ...byCode(() => moved), ...provider });
  await bench.until(page.login.completeLogin());
  return page;
}

describe('a guest who took longer over the sign-in than the last token lives', () => {
  beforeEach(() => void bench.rememberGuest({ renewal }));
  const slowly = async (page: Page): Promise<unknown> => bench.until(page.login.linkIdentity({ connectionId: 'email', challenge: async () => {
    await bench.time.clock.sleep(610_000);
    return { code: '1' };
  } }));

  it('still proves whose the things were, by a token that is renewed for it, once', async () => {
    const page = await openPage();
    expect(await slowly(page)).toMatchObject({ type: 'moved' });
    await bench.time.pass(2_000);
    expect(proofs).toEqual([expect.stringContaining('token of user_guest')]);
    expect(bench.asked).toEqual(['refresh']);
    expect(page.login.getSession()).toMatchObject({ subject: 'user_ada' });
  });

  it('proves it later, where the service is away', async () => {
    let fails = 1;
    const page = await openPage({ refresh: async ({ subject, kind }) => {
      if (fails-- > 0) throw new LoginError('network', 'Gone');
      return grantOf(subject, kind, { renewal });
    } });
    await slowly(page);
    await bench.time.pass(10_000);
    expect(proofs).toEqual([expect.objectContaining({ code: 'network' }), 'token of user_guest']);
  });

  it('has no proof by somebody else’s token, nor by a cookie that is the user’s', async () => {
    const page = await openPage({ refresh: async () => grantOf('user_eve', 'guest', { renewal }) });
    await slowly(page);
    await bench.time.pass(10_000);
    expect(proofs).toEqual([1, 2, 3].map(() => expect.objectContaining({ code: 'response_invalid' })));
    bench = new Bench();
    proofs = [];
    bench.rememberGuest();
    await slowly(await openPage());
    await bench.time.pass(10_000);
    expect(proofs).toEqual([1, 2, 3].map(() => expect.objectContaining({ code: 'grant_refused' })));
  });

  it('and signed out leaves nothing that renews the guest', async () => {
    const page = await openPage({ refresh: async () => Promise.reject(new LoginError('network', 'Gone')) });
    await slowly(page);
    await bench.until(page.login.logOut());
    expect(bench.stored.merges).toMatchObject([{ from: { subject: 'user_guest', renewal: { type: 'none' } } }]);
    expect(JSON.stringify(bench.row)).not.toContain('"refreshToken"');
  });
});

describe('a guest who signs out in another tab while the answer to a code is on its way', () => {
  it('stays signed out in every tab, and the sign-in ends at the service', async () => {
    bench.rememberGuest({ renewal });
    const ended: string[] = [];
    const page = await openPage({ endSession: async ({ subject }) => void ended.push(subject) });
    const linking = page.login.linkIdentity({ connectionId: 'email', challenge: answered }).catch((error: unknown) => error);
    await bench.time.pass(200);
    await bench.until(bench.open().login.logOut({ discardGuest: true }));
    expect(await bench.until(linking)).toMatchObject({ code: 'session_changed' });
    expect([page.login.getSession(), bench.stored.session, ended]).toEqual([null, null, ['user_ada']]);
  });

  it('and comes back as another guest is that guest', async () => {
    bench.rememberGuest({ renewal });
    const page = await openPage();
    const linking = page.login.linkIdentity({ connectionId: 'email', challenge: answered }).catch((error: unknown) => error);
    await bench.time.pass(200);
    const other = bench.open('/', {}, { startGuest: async () => grantOf('user_second', 'guest') });
    await bench.until(other.login.logOut({ discardGuest: true }));
    await bench.until(other.login.authenticate());
    expect(await bench.until(linking)).toMatchObject({ code: 'session_changed' });
    expect(bench.stored).toMatchObject({ session: { subject: 'user_second' }, conflict: null });
  });
});
