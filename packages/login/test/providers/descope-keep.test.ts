import type { StoredSession } from '@passerby/shared';
import { beforeEach, describe, expect, it } from 'vitest';
import { DescopeBench, EMAIL, inCookies, make } from '../support/descope-bench.ts';

let bench: DescopeBench;
beforeEach(() => {
  bench = new DescopeBench();
});

describe('a guest whose tokens are cookies', () => {
  const by = make({ sessions: 'cookies' });
  const here: StoredSession = { ...inCookies, accessToken: '', tokenType: 'Cookie' };
  const paths = (): string[] => bench.asked.map(({ url }) => new URL(url).pathname);
  const begin: readonly (readonly [string, (session: StoredSession | null) => Promise<unknown>])[] = [
    ['a code', (session) => bench.answer(by.link!(session, 'email'), EMAIL, session)], ['a flow', (session) => bench.answer(by.link!(session, 'flow:f'), EMAIL, session)],
    ['Google', (session) => by.authorize(bench.request({ session, purpose: 'sign_in' }), bench.ports)], ['a link', (session) => by.authorize(bench.request({ session, purpose: 'sign_in', connectionId: 'magic_link', loginHint: 'a@b.c' }), bench.ports)],
  ];

  it.each(begin)('is kept aside by the verifier before they sign in by %s', async (_by, start) => {
    bench.says(200, { kept: true });
    bench.says(503, '');
    await start(here).catch(() => undefined);
    expect(paths()[0]).toBe('/auth/guest/keep');
    expect(bench.asked[0]).toMatchObject({ body: {}, init: { credentials: 'include' } });
  });

  it.each(begin)('does not sign in by %s while nobody keeps them', async (_by, start) => {
    bench.says(503, '');
    await expect(start(here)).rejects.toMatchObject({ retryable: true });
    expect(paths()).toEqual(['/auth/guest/keep']);
  });

  it('whose cookie is somebody else’s by now signs in all the same', async () => {
    bench.says(400, { error: 'invalid_grant' });
    bench.says(200, { maskedEmail: 'a' });
    expect(await begin[0]?.[1](here)).toMatchObject({ challenge: { type: 'code' } });
  });

  it('is not asked for where there is none to keep: a user, nobody, who stayed one, whose tokens are in the page', async () => {
    for (const session of [{ ...here, kind: 'user' as const }, null, { ...here, renewal: { type: 'none' as const } }]) await begin[3]?.[1](session);
    bench.says(200, { maskedEmail: 'a' });
    await bench.answer(make({ sessions: 'refresh_cookie' }).link!(inCookies, 'email'), EMAIL, inCookies);
    expect(paths().filter((path) => path.includes('keep'))).toEqual([]);
  });

  it('is forgotten when everybody signs out here, and not when one session is let go', async () => {
    bench.says(200, {});
    await by.endSession!(here, bench.ports, 'this_one');
    bench.says(200, {});
    bench.says(200, { kept: false });
    await by.endSession!(here, bench.ports, 'everybody');
    expect(paths()).toEqual(['/v1/auth/logout', '/v1/auth/logout', '/auth/guest/forget']);
  });
});
