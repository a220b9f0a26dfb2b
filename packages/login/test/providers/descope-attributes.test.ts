import type { StoredSession } from '@passerby/shared';
import { beforeEach, describe, expect, it } from 'vitest';
import { DescopeBench, ended, guest, inCookies, make, old, provider, VERIFIER } from '../support/descope-bench.ts';
import { guestAnswer, refreshToken, sessionToken } from '../support/descope-samples.ts';

let bench: DescopeBench;
beforeEach(() => {
  bench = new DescopeBench();
});

describe('attributes', () => {
  const read = (session = guest, by = provider, change = {}) => by.attributes!(session, change, bench.ports);

  it('are read with the session token', async () => {
    bench.says(200, { attributes: { size: 'M' } });
    expect(await read()).toEqual({ values: { size: 'M' } });
    expect(bench.asked.map(({ url, body }) => [url, body])).toEqual([[`${VERIFIER}/attributes`, { token: sessionToken() }]]);
  });

  it('are changed with the refresh token, and bring new tokens', async () => {
    bench.says(200, guestAnswer({ attributes: { size: 'M' }, refreshJwt: refreshToken({ size: 'M' }) }));
    expect(await read(guest, provider, { set: { size: 'M' }, remove: ['colour'] })).toMatchObject({ values: { size: 'M' }, grant: { subject: 'U2guest', renewal: { refreshToken: refreshToken({ size: 'M' }) }, connectionId: 'guest' } });
    expect(bench.asked[0]?.body).toEqual({ token: refreshToken(), set: '{"size":"M"}', remove: '["colour"]' });
  });

  it('are those of whoever’s cookie it is, and of nobody else', async () => {
    const by = make({ sessions: 'cookies' });
    const here: StoredSession = { ...inCookies, accessToken: '', tokenType: 'Cookie' };
    bench.says(200, { attributes: {} });
    await read(here, by);
    expect(bench.asked).toMatchObject([{ body: {}, init: { credentials: 'include' } }]);
    bench.says(200, { attributes: {}, subject: 'U2other', kind: 'guest', expires_in: 60 });
    await expect(read(here, by, { remove: ['size'] })).rejects.toMatchObject({ code: 'session_changed' });
    const before = bench.asked.length;
    await expect(read({ ...here, renewal: { type: 'none' } }, by)).rejects.toMatchObject({ code: 'grant_refused' });
    await expect(read(ended, by, { remove: ['size'] })).rejects.toMatchObject({ code: 'grant_refused' });
    expect(bench.asked).toHaveLength(before);
  });

  it.each([{ set: { size: 'x'.repeat(513) } }, { set: { size: 'ä'.repeat(257) } }, { set: { size: 7 as unknown as string } }, { set: { size: '' } }])('that are too much are told before they are sent (%j)', async (change) => {
    await expect(read(guest, provider, change)).rejects.toMatchObject({ code: 'config_invalid' });
    expect(bench.asked).toEqual([]);
  });

  it('that are too much together are told before they are sent, as far as the page knows', async () => {
    const text = 'x'.repeat(512);
    const three = { a: text, b: text, c: text };
    const full = { ...guest, accessToken: sessionToken({ ...three, d: '' }) };
    await expect(read(guest, provider, { set: { ...three, d: text } })).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(read(full, provider, { set: { d: text } })).rejects.toMatchObject({ code: 'config_invalid' });
    expect(bench.asked).toEqual([]);
    for (const [session, by, change] of [[full, provider, { set: { d: text }, remove: ['a'] }], [full, provider, { set: { a: text } }], [full, provider, { remove: ['a'] }], [{ ...full, kind: 'user' as const }, provider, { set: { d: text } }], [full, old, { set: { d: text } }]] as const) {
      bench.says(200, { attributes: {} });
      await read(session, by, change);
    }
    expect(bench.asked).toHaveLength(5);
  });

  it('of the greatest length are sent', async () => {
    bench.says(200, { attributes: {} });
    await read(guest, provider, { set: { size: 'ä'.repeat(256) } });
    expect(bench.asked).toHaveLength(1);
  });

  it.each([{}, { attributes: null }, { attributes: [] }, { attributes: { size: 7 } }])('that are none are not handed on (%j)', async (body) => {
    bench.says(200, body);
    await expect(read()).rejects.toMatchObject({ code: 'response_invalid' });
  });
});
