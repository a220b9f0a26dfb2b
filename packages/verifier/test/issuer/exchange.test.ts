import { beforeEach, describe, expect, it } from 'vitest';
import { linkId, PROVIDER, SignIns } from './sign-ins.ts';
import { claimsOf, CLIENT, Device, errorOf, tokensOf, type Tokens, type World } from './support.ts';

let at: SignIns;
let world: World;
let guestKey: Device;
let newKey: Device;
let guest: Tokens;
let link: string;

beforeEach(async () => {
  at = await SignIns.open();
  ({ world, guestKey, newKey, guest, link } = at);
});

const nonceOf = (device: Device, id = link): string => at.nonceOf(device, id);
const idToken = (nonce: string, claims: object = {}): Promise<string> => at.idToken(nonce, claims);
const proofs: SignIns['proofs'] = (keys) => at.proofs(keys);
const linked: SignIns['linked'] = (token, how) => at.linked(token, how);
const signedIn: SignIns['signedIn'] = (token, device, id) => at.signedIn(token, device, id);

describe('a guest who links an identity', () => {
  it('is a user under the same subject and a new key, and the old key is worth nothing', async () => {
    const tokens = await tokensOf(await linked(await idToken(nonceOf(guestKey))));
    expect(claimsOf(tokens.access_token)).toMatchObject({ sub: guestKey.subject, kind: 'user', gen: 1 });
    expect((await world.renew(newKey, tokens.refresh_token)).status).toBe(200);
    expect(await errorOf(await world.renew(guestKey, guest.refresh_token))).toEqual([400, 'invalid_grant']);
    expect(await errorOf(await world.mint(guestKey))).toEqual([400, 'invalid_grant']);
  });

  it('leaves every other session of the guest behind, and goes on in one that is new in each part', async () => {
    const other = await world.guest(guestKey);
    const tokens = await tokensOf(await linked(await idToken(nonceOf(guestKey))));
    const all = [guest, other, tokens];
    expect(new Set(all.map(({ access_token }) => claimsOf(access_token)['sid'])).size).toBe(3);
    expect(new Set(all.map(({ refresh_token }) => refresh_token)).size).toBe(3);
    for (const { refresh_token, access_token } of [guest, other]) {
      expect(await errorOf(await world.renew(guestKey, refresh_token))).toEqual([400, 'invalid_grant']);
      expect(await errorOf(await world.renew(newKey, refresh_token))).toEqual([400, 'invalid_dpop_proof']);
      await expect(world.issuer.verifyCurrent(access_token)).rejects.toMatchObject({ code: 'token_expired' });
    }
    expect(await errorOf(await world.renew(guestKey, tokens.refresh_token))).toEqual([400, 'invalid_dpop_proof']);
  });

  it('finishes no other link that was begun before', async () => {
    const [before, device] = [linkId(), new Device()];
    const begun = await idToken(nonceOf(guestKey, before), { sub: 'eve' });
    await linked(await idToken(nonceOf(guestKey)));
    expect(await errorOf(await linked(begun, { id: before, keys: { dpop: device, subject_dpop: guestKey } }))).toEqual([400, 'invalid_grant']);
    expect(claimsOf((await at.user('eve')).access_token).sub).not.toBe(guestKey.subject);
  });

  it.each(['dpop', 'subject_dpop'])('shows both keys now: a proof made ahead as %s links nothing', async (name) => {
    const [token, ahead] = [await idToken(nonceOf(guestKey)), await proofs({ dpop: newKey, subject_dpop: guestKey })];
    for (const minutes of [0, 20]) {
      world.time += minutes * 60_000;
      const fresh = { dpop: newKey, subject_dpop: guestKey }[name] as Device;
      const proof = minutes === 0 ? fresh.proof({ iat: world.time / 1000 }) : String(ahead[name]);
      expect(await errorOf(await linked(token, { form: { [name]: proof } }))).toEqual([400, 'use_dpop_nonce']);
    }
    expect((await world.renew(guestKey, guest.refresh_token)).status).toBe(200);
  });

  it('has the same answer again by the same request, and by link-result, and nobody else has it', async () => {
    const token = await idToken(nonceOf(guestKey));
    await linked(token);
    expect((await linked(token)).status).toBe(200);
    const result = async (device: Device, id = link): Promise<Response> => world.post('/token', { grant_type: 'urn:passerby:grant-type:link-result', link_id: id, ...(await proofs({ dpop: device })) });
    expect(claimsOf((await tokensOf(await result(newKey))).access_token).sub).toBe(guestKey.subject);
    expect(await errorOf(await result(new Device()))).toEqual([400, 'invalid_grant']);
    expect(await errorOf(await result(newKey, linkId()))).toEqual([400, 'invalid_grant']);
  });

  it('who signed out meanwhile does not have the answer again', async () => {
    const token = await idToken(nonceOf(guestKey));
    const tokens = await tokensOf(await linked(token));
    await world.post('/revoke', { token: tokens.refresh_token });
    expect(await errorOf(await linked(token))).toEqual([400, 'invalid_grant']);
  });

  it('of whom only the tokens were stolen is not linked by the thief', async () => {
    const thief = new Device();
    expect(await errorOf(await linked(await idToken(nonceOf(guestKey)), { keys: { dpop: thief, subject_dpop: thief } }))).toEqual([400, 'invalid_dpop_proof']);
    expect((await world.renew(guestKey, guest.refresh_token)).status).toBe(200);
  });
});

describe('an API that asks the store', () => {
  it('refuses the guest’s token from the moment of the link, and the user’s from the moment of signing out', async () => {
    expect(await world.issuer.verifyCurrent(guest.access_token)).toMatchObject({ subject: guestKey.subject, kind: 'guest' });
    const tokens = await tokensOf(await linked(await idToken(nonceOf(guestKey))));
    await expect(world.issuer.verifyCurrent(guest.access_token)).rejects.toMatchObject({ code: 'token_expired' });
    expect(await world.issuer.verifyCurrent(tokens.access_token)).toMatchObject({ subject: guestKey.subject, kind: 'user' });
    await world.post('/revoke', { token: tokens.refresh_token });
    await expect(world.issuer.verifyCurrent(tokens.access_token)).rejects.toMatchObject({ code: 'token_expired' });
    // The others find out by its age, ten minutes at most.
    expect(await world.issuer.verifyToken(guest.access_token)).toMatchObject({ kind: 'guest' });
  });
});

describe('the list of identities', () => {
  const identities = async (token: string, device: Device, form: Readonly<Record<string, string>> = {}): Promise<Response> =>
    world.post('/identities', { refresh_token: token, dpop: device.proof({ iat: world.time / 1000, nonce: await world.nonce(), htu: 'https://verifier.shop.example/identities' }), ...form });

  it('is for whoever has the key, by a proof for this address', async () => {
    const user = await tokensOf(await signedIn(await idToken(nonceOf(newKey))));
    expect(await (await identities(user.refresh_token, newKey)).json()).toMatchObject({ identities: [{ issuer: PROVIDER }] });
    expect(await errorOf(await identities(user.refresh_token, guestKey))).toEqual([400, 'invalid_dpop_proof']);
    const elsewhere = newKey.proof({ iat: world.time / 1000, nonce: await world.nonce() });
    expect(await errorOf(await world.post('/identities', { refresh_token: user.refresh_token, dpop: elsewhere }))).toEqual([400, 'invalid_dpop_proof']);
  });

  it('is empty for a guest, and has the one that was linked for whom the guest became', async () => {
    expect(await (await identities(guest.refresh_token, guestKey)).json()).toEqual({ identities: [] });
    const user = await tokensOf(await linked(await idToken(nonceOf(guestKey))));
    expect(await (await identities(user.refresh_token, newKey)).json()).toEqual({ identities: [expect.objectContaining({ issuer: PROVIDER })] });
  });

  describe('of a user', () => {
    let user: Tokens;
    beforeEach(async () => {
      user = await tokensOf(await linked(await idToken(nonceOf(guestKey))));
    });
    const adding = async (name: string, claims: object = {}): Promise<Response> => {
      const [id, device] = [linkId(), new Device()];
      return linked(await idToken(nonceOf(newKey, id), { sub: name, ...claims }), { id, form: { subject_token: user.refresh_token }, keys: { dpop: device, subject_dpop: newKey } });
    };
    const all = async (): Promise<readonly { readonly id: string }[]> => ((await (await identities(user.refresh_token, newKey)).json()) as { identities: { id: string }[] }).identities;

    it('grows and shrinks only by somebody who signed in just now, whatever the new identity says', async () => {
      expect((await adding('work')).status).toBe(200);
      world.time += 601_000;
      const [{ id }] = (await all()) as [{ id: string }];
      expect(await errorOf(await adding('eve', { auth_time: world.time / 1000 }))).toEqual([400, 'login_required']);
      expect(await errorOf(await identities(user.refresh_token, newKey, { unlink: id }))).toEqual([400, 'login_required']);
      expect(await all()).toHaveLength(2);
      expect(claimsOf((await at.user('eve')).access_token).sub).not.toBe(guestKey.subject);
    });

    it('keeps its last one, and says so', async () => {
      await adding('work');
      const [first, second] = (await all()) as [{ id: string }, { id: string }];
      expect((await identities(user.refresh_token, newKey, { unlink: first.id })).status).toBe(200);
      expect(await errorOf(await identities(user.refresh_token, newKey, { unlink: second.id }))).toEqual([400, 'last_identity']);
    });
  });

  it('names nobody at the provider', async () => {
    const user = await tokensOf(await signedIn(await idToken(nonceOf(newKey))));
    expect(await (await identities(user.refresh_token, newKey)).text()).not.toContain('ada');
  });
});

describe('an ID token', () => {
  it.each<readonly [string, () => string]>([
    ['of another guest', () => nonceOf(new Device())], ['of the new key', () => nonceOf(newKey)], ['of another link', () => nonceOf(guestKey, linkId())], ['of no key', () => ''],
  ])('made for a nonce %s links nothing', async (_what, nonce) => {
    expect(await errorOf(await linked(await idToken(nonce())))).toEqual([400, 'invalid_grant']);
    expect((await world.renew(guestKey, guest.refresh_token)).status).toBe(200);
  });

  it('made for a link signs nobody in without the guest', async () => {
    expect(await errorOf(await signedIn(await idToken(nonceOf(guestKey))))).toEqual([400, 'invalid_grant']);
  });

  it.each<readonly [string, object]>([['six minutes old', { iat: 1_799_999_600 }], ['for another application', { aud: 'blog' }], ['of another provider', { iss: 'https://evil.example' }], ['for several, one of them this', { aud: [CLIENT, 'blog'] }], ['over', { exp: 1 }]])('%s is good for nothing', async (_what, claims) => {
    expect(await errorOf(await linked(await idToken(nonceOf(guestKey), claims)))).toEqual([400, 'invalid_grant']);
  });

  it('counts once, also with its signature spelled in the other way', async () => {
    const token = await idToken(nonceOf(guestKey));
    const { access_token } = await tokensOf(await linked(token));
    const elsewhere = { dpop: new Device(), subject_dpop: guestKey };
    expect(await errorOf(await linked(token, { keys: elsewhere }))).toEqual([400, 'invalid_grant']);
    const [head, body, signature = ''] = token.split('.');
    const bytes = Buffer.from(signature, 'base64url');
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const s = (order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)).toString(16).padStart(64, '0');
    const twin = [head, body, Buffer.concat([bytes.subarray(0, 32), Buffer.from(s, 'hex')]).toString('base64url')].join('.');
    expect(await errorOf(await linked(twin, { keys: elsewhere }))).toEqual([400, 'invalid_grant']);
    expect(await errorOf(await linked(twin, { id: linkId() }))).toEqual([400, 'invalid_grant']);
    // It is the same ID token, so its browser has the same answer.
    expect(claimsOf((await tokensOf(await linked(twin))).access_token)['sid']).toBe(claimsOf(access_token)['sid']);
  });

  it('is never taken by e-mail, verified or not: three people of one address are three', async () => {
    const first = claimsOf((await tokensOf(await signedIn(await idToken(nonceOf(newKey), { email: 'shop@example.com', email_verified: true })))).access_token).sub;
    const [device, id] = [new Device(), linkId()];
    const second = claimsOf((await tokensOf(await signedIn(await idToken(nonceOf(device, id), { sub: 'eve', email: 'shop@example.com', email_verified: true }), device, id))).access_token).sub;
    expect(second).not.toBe(first);
    const third = linkId();
    const gained = await tokensOf(await linked(await idToken(nonceOf(guestKey, third), { sub: 'bob', email: 'shop@example.com', email_verified: true }), { id: third, keys: { dpop: new Device(), subject_dpop: guestKey } }));
    expect(claimsOf(gained.access_token).sub).toBe(guestKey.subject);
  });
});

describe('an identity that is somebody already', () => {
  it('yields that subject, and leaves the guest as it was', async () => {
    const owner = claimsOf((await tokensOf(await signedIn(await idToken(nonceOf(newKey))))).access_token).sub;
    const [device, id] = [new Device(), linkId()];
    const answer = await tokensOf(await linked(await idToken(nonceOf(guestKey, id)), { id, keys: { dpop: device, subject_dpop: guestKey } }));
    expect(claimsOf(answer.access_token)).toMatchObject({ sub: owner, kind: 'user' });
    expect((await world.renew(guestKey, guest.refresh_token)).status).toBe(200);
  });
});
