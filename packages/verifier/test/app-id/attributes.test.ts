import { describe, expect, it } from 'vitest';
import { attributes, ATTRIBUTES, codeFor, errorOf, guestOf, heldOf, loginWith, revoke, signIn, World, write, type Fields } from './support.ts';

describe('what the shop keeps about who is here', () => {
  it('is written and shown by listed names', async () => {
    const world = await World.open();
    const { token } = await guestOf(world);
    await write(world.shop, token, 'secretly', 'x');
    expect((await world.post('/attributes', { token, set: '{"nickname":"Ada","size":"42"}' })).body).toEqual({ attributes: { nickname: 'Ada', size: '42' } });
    expect((await world.post('/attributes', { token, remove: '["size"]' })).body).toEqual({ attributes: { nickname: 'Ada' } });
    expect((await world.post('/attributes', { token, remove: '["size"]' })).body).toEqual({ attributes: { nickname: 'Ada' } });
    expect(await attributes(world.shop, token)).toEqual({ secretly: 'x', nickname: 'Ada' });
    for (const form of [{ set: '{"secretly":"y"}' }, { remove: '["secretly"]' }, { set: '{"size":""}' }, { set: `{"size":"${'x'.repeat(513)}"}` }] as readonly Fields[]) expect(errorOf(await world.post('/attributes', { token, ...form }))).toEqual([400, 'invalid_request']);
  });

  it('is told apart from a token that is over, where the tenant keeps none', async () => {
    const world = await World.open({ tenant: { profiles: 'inactive' } });
    const { token } = await guestOf(world);
    expect(errorOf(await world.post('/attributes', { token }))).toEqual([403, 'attributes_disabled']);
    expect(world.reports).toEqual([expect.stringMatching(/User profiles/)]);
    await revoke(world, token);
    expect(errorOf(await world.post('/attributes', { token }))).toEqual([400, 'invalid_grant']);
  });

  it('waits while App ID is away', async () => {
    const world = await World.open();
    const { token } = await guestOf(world);
    world.shop.appId.faults.add({ route: 'PUT /api/v1/attributes/{name}', kind: 'status', status: 503, times: 1 });
    expect(errorOf(await world.post('/attributes', { token, set: '{"size":"42"}' }))).toEqual([503, 'temporarily_unavailable']);
  });
});

describe('a guest’s things', () => {
  const two = async () => {
    const world = await World.open({ switches: { linkKeepsSub: 'no' } });
    const first = await guestOf(world);
    await world.post('/attributes', { token: first.token, set: '{"nickname":"Ada"}' });
    const user = heldOf(await loginWith(world, await codeFor(world, first), { token: first.token }));
    const second = await guestOf(world);
    await world.post('/attributes', { token: second.token, set: '{"nickname":"Guest","size":"42"}' });
    await write(world.shop, second.token, 'secretly', 'x');
    return { world, first, second, user };
  };

  it('are carried to the user who has none of them, and the guest is nobody’s from then on', async () => {
    const { world, second, user } = await two();
    const merge = () => world.verifier.mergeGuest({ guestToken: second.token, userToken: user.token });
    expect(await merge()).toEqual({ from: second.subject, to: user.subject, carried: ['size'] });
    expect(await attributes(world.shop, user.token)).toEqual({ nickname: 'Ada', size: '42' });
    expect(await merge()).toEqual({ from: second.subject, to: user.subject, carried: [] });
    await expect(world.verifier.verifyToken(second.token)).rejects.toMatchObject({ code: 'token_invalid' });
    const grace = await signIn(world.shop, 'grace');
    await expect(world.verifier.mergeGuest({ guestToken: second.token, userToken: grace.access })).rejects.toMatchObject({ code: 'token_invalid' });
    expect(await attributes(world.shop, grace.access)).toEqual({});
  });

  it('are the user’s already where the profile was attached, and nobody else’s', async () => {
    const { world, first, user } = await two();
    expect(await world.verifier.mergeGuest({ guestToken: first.token, userToken: user.token })).toEqual({ from: first.subject, to: user.subject, carried: [] });
    const grace = await signIn(world.shop, 'grace');
    await expect(world.verifier.mergeGuest({ guestToken: first.token, userToken: grace.access })).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it('need the token of a guest and the token of a user', async () => {
    const { world, second, user } = await two();
    for (const both of [{ guestToken: user.token, userToken: user.token }, { guestToken: second.token, userToken: second.token }, { guestToken: 'x', userToken: user.token }]) await expect(world.verifier.mergeGuest(both)).rejects.toMatchObject({ code: 'token_invalid' });
    expect(await world.verifier.verifyToken(second.token)).toMatchObject({ kind: 'guest' });
  });

  it('wait while App ID is away', async () => {
    const { world, second, user } = await two();
    world.shop.appId.faults.add({ route: ATTRIBUTES, kind: 'status', status: 503, times: 1 });
    await expect(world.verifier.mergeGuest({ guestToken: second.token, userToken: user.token })).rejects.toMatchObject({ code: 'verifier_unavailable' });
    expect((await world.verifier.mergeGuest({ guestToken: second.token, userToken: user.token })).carried).toEqual(['size']);
  });

  it('are nobody’s after the guest gave up', async () => {
    const { world, second, user } = await two();
    expect((await world.post('/logout', { token: second.token })).status).toBe(200);
    expect(errorOf(await world.post('/attributes', { token: second.token }))).toEqual([400, 'invalid_grant']);
    for (const route of ['/renew', '/logout']) expect(errorOf(await world.post(route, { token: second.token }))).toEqual([401, 'guest_revoked']);
    await expect(world.verifier.mergeGuest({ guestToken: second.token, userToken: user.token })).rejects.toMatchObject({ code: 'token_invalid' });
  });
});
