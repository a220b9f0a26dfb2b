import { describe, expect, it } from 'vitest';
import { ADA, becomeUser, call, claimsOf, guestOf, heldOf, tokensOf, verify, World } from './support.ts';

async function signUp(world: World, email = ADA) {
  await call(world.shop, 'POST /v1/auth/otp/signup-in/email', { body: { loginId: email } });
  const { session } = tokensOf(await verify(world.shop, email));
  return { userToken: session, to: String(claimsOf(session).sub) };
}

async function guestWith(world: World, set: Readonly<Record<string, string>>) {
  const { session, subject } = heldOf(await world.post('/attributes', { token: (await guestOf(world)).refresh, set: JSON.stringify(set) }));
  return { guestToken: session, from: subject };
}

describe('what a guest kept', () => {
  it('is the user’s from then on, where the user has nothing of that name; and the same again does nothing', async () => {
    const world = await World.open({ claims: ['nickname', 'size', 'colour', 'shoe'] });
    world.shop.descope.addUser({ loginId: ADA, customAttributes: { size: 'M', shoe: 38, vip: 'yes' } });
    const [{ guestToken, from }, { userToken, to }] = [await guestWith(world, { nickname: 'Ada', size: 'S', shoe: '41' }), await signUp(world)];
    expect(await world.verifier.carryClaims({ guestToken, userToken })).toEqual({ from, to, carried: ['nickname'] });
    expect(world.known(to)?.customAttributes).toEqual({ nickname: 'Ada', size: 'M', shoe: 38, vip: 'yes' });
    expect(await world.verifier.carryClaims({ guestToken, userToken })).toEqual({ from, to, carried: [] });
    // What the user took away since does not come back.
    await world.verifier.updateClaims({ token: userToken, remove: ['nickname'] });
    expect(await world.verifier.carryClaims({ guestToken, userToken })).toEqual({ from, to, carried: [] });
    expect(world.known(to)?.customAttributes['nickname']).toBe('');
  });

  it('is only what the shop listed', async () => {
    const world = await World.open();
    const { guestToken } = await guestWith(world, { nickname: 'Ada', size: 'S' });
    const { userToken, to } = await signUp(world);
    await world.start({ claims: ['size'] }).carryClaims({ guestToken, userToken });
    expect(world.known(to)?.customAttributes).toEqual({ size: 'S' });
  });

  it('is carried between a guest and a user, of whom both are proven by their tokens', async () => {
    const world = await World.open();
    const guest = await guestOf(world);
    const [{ guestToken }, { userToken, to }] = [await guestWith(world, { nickname: 'Ada' }), await signUp(world)];
    const refused = (tokens: { guestToken: string; userToken: string }) => world.verifier.carryClaims(tokens).then(() => 'carried', (error: { code: string }) => error.code);
    expect(await refused({ guestToken: userToken, userToken })).toBe('token_invalid');
    await expect(world.verifier.carryClaims({ guestToken, userToken: guestToken })).rejects.toMatchObject({ code: 'token_invalid', message: 'userToken is not of a user' });
    expect(await refused({ guestToken: guest.refresh, userToken })).toBe('token_invalid');
    expect(await refused({ guestToken: `${guestToken.slice(0, -8)}AAAAAAAA`, userToken })).toBe('token_invalid');
    expect(await refused({ guestToken, userToken: `${userToken.slice(0, -8)}AAAAAAAA` })).toBe('token_invalid');
    world.pass(606_000);
    expect(await refused({ guestToken, userToken })).toBe('token_expired');
    expect(world.known(to)?.customAttributes).toEqual({});
  });

  it('is carried by another try where Descope was away in the middle', async () => {
    const world = await World.open();
    const [{ guestToken }, { userToken, to }] = [await guestWith(world, { nickname: 'Ada', size: 'S' }), await signUp(world)];
    for (const route of ['GET /v1/mgmt/user', 'POST /v1/mgmt/user/update/customAttribute']) {
      world.shop.descope.faults.add({ route, kind: 'status', status: 500, times: 1 });
      await expect(world.verifier.carryClaims({ guestToken, userToken })).rejects.toMatchObject({ code: 'verifier_unavailable' });
    }
    await world.verifier.carryClaims({ guestToken, userToken });
    expect(world.known(to)?.customAttributes).toEqual({ nickname: 'Ada', size: 'S' });
    await call(world.shop, 'POST /v1/mgmt/user/delete', { token: world.shop.descope.managementKey, body: { userId: to } });
    await expect(world.verifier.carryClaims({ guestToken, userToken })).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it('of the old generation is what they keep as a user, where the guest stays behind', async () => {
    const world = await World.open({ generation: 'temporary_user' });
    world.shop.descope.addUser({ loginId: ADA, customAttributes: { size: 'M' } });
    const guest = await guestOf(world);
    await world.post('/attributes', { token: guest.refresh, set: '{"nickname":"Ada","size":"S"}' });
    const { session, subject } = heldOf(await becomeUser(world, guest));
    const tokens = { guestToken: guest.session, userToken: session };
    expect(await world.verifier.carryClaims(tokens)).toEqual({ from: guest.subject, to: subject, carried: ['nickname'] });
    expect(world.known(subject)?.customAttributes).toEqual({ nickname: 'Ada', size: 'M' });
    expect(await world.verifier.carryClaims(tokens)).toMatchObject({ carried: [] });
  });
});
