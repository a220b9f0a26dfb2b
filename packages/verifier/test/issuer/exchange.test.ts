import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { claimsOf, CLIENT, Device, errorOf, tokensOf, World, type Tokens } from './support.ts';

const PROVIDER = 'https://id.shop.example';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
const REFRESH_TOKEN = 'urn:ietf:params:oauth:token-type:refresh_token';

let signer: CryptoKey;
let world: World;
let guestKey: Device;
let newKey: Device;
let guest: Tokens;
let link: string;

beforeEach(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  signer = pair.privateKey;
  const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'p', alg: 'ES256' }] };
  world = new World({ provider: { issuer: PROVIDER, jwksUrl: `${PROVIDER}/jwks` }, fetch: async () => Response.json(jwks) });
  [guestKey, newKey, link] = [new Device(), new Device(), linkId()];
  guest = await world.guest(guestKey);
});

const linkId = (): string => createHash('sha256').update(String(Math.random())).digest('base64url');
const nonceOf = (device: Device, id = link): string => createHash('sha256').update(`${device.thumbprint}.${id}`).digest('base64url');
const idToken = (nonce: string, claims: object = {}): Promise<string> => {
  const iat = Math.floor(world.time / 1000);
  return new SignJWT({ iss: PROVIDER, aud: CLIENT, sub: 'ada', iat, exp: iat + 3_600, nonce, ...claims }).setProtectedHeader({ alg: 'ES256', kid: 'p', typ: 'JWT' }).sign(signer);
};
const proofs = async (keys: Readonly<Record<string, Device>>): Promise<Record<string, string>> => {
  const nonce = await world.nonce();
  return Object.fromEntries(Object.entries(keys).map(([name, device]) => [name, device.proof({ iat: world.time / 1000, nonce })]));
};
const linked = async (token: string, { keys = { dpop: newKey, subject_dpop: guestKey } as Record<string, Device>, form = {} as Record<string, string>, id = link } = {}): Promise<Response> =>
  world.post('/token', { grant_type: EXCHANGE, link_id: id, subject_token: guest.refresh_token, subject_token_type: REFRESH_TOKEN, actor_token: token, actor_token_type: ID_TOKEN, ...(await proofs(keys)), ...form });
const signedIn = async (token: string, device = newKey, id = link): Promise<Response> =>
  world.post('/token', { grant_type: EXCHANGE, link_id: id, subject_token: token, subject_token_type: ID_TOKEN, ...(await proofs({ dpop: device })) });

describe('a guest who links an identity', () => {
  it('is a user under the same subject and a new key, and the old key is worth nothing', async () => {
    const tokens = await tokensOf(await linked(await idToken(nonceOf(guestKey))));
    expect(claimsOf(tokens.access_token)).toMatchObject({ sub: guestKey.subject, kind: 'user', gen: 1 });
    expect((await world.renew(newKey, tokens.refresh_token)).status).toBe(200);
    expect(await errorOf(await world.renew(guestKey, guest.refresh_token))).toEqual([400, 'invalid_grant']);
    expect(await errorOf(await world.mint(guestKey))).toEqual([400, 'invalid_grant']);
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
    const token = await idToken(nonceOf(newKey));
    expect((await signedIn(token)).status).toBe(200);
    const other = new Device();
    expect(await errorOf(await signedIn(token, other))).toEqual([400, 'invalid_grant']);
    const [head, body, signature = ''] = token.split('.');
    const bytes = Buffer.from(signature, 'base64url');
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const s = (order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)).toString(16).padStart(64, '0');
    const twin = [head, body, Buffer.concat([bytes.subarray(0, 32), Buffer.from(s, 'hex')]).toString('base64url')].join('.');
    expect(await errorOf(await signedIn(twin, newKey, linkId()))).toEqual([400, 'invalid_grant']);
  });

  it('is never taken by e-mail: two people of one address are two', async () => {
    const first = claimsOf((await tokensOf(await signedIn(await idToken(nonceOf(newKey), { email: 'shop@example.com', email_verified: true })))).access_token).sub;
    const [device, id] = [new Device(), linkId()];
    const second = claimsOf((await tokensOf(await signedIn(await idToken(nonceOf(device, id), { sub: 'eve', email: 'shop@example.com', email_verified: true }), device, id))).access_token).sub;
    expect(second).not.toBe(first);
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

describe('a merge ticket', () => {
  const ticketOf = async (form: Readonly<Record<string, string>>, keys: Readonly<Record<string, Device>>): Promise<Response> =>
    world.post('/token', { grant_type: 'urn:passerby:grant-type:merge-ticket', ...form, ...(await proofs(keys)) });
  let user: Tokens;
  let ticket: string;
  beforeEach(async () => {
    user = await tokensOf(await signedIn(await idToken(nonceOf(newKey))));
    const answer = await ticketOf({ subject_token: guest.refresh_token, actor_token: user.refresh_token }, { dpop: newKey, subject_dpop: guestKey });
    ticket = ((await answer.json()) as { merge_ticket: string }).merge_ticket;
  });

  it('names the guest and the user, once for each key, and as often as its answer is lost', async () => {
    const parties = { from: guestKey.subject, to: claimsOf(user.access_token).sub };
    const merge = (key: string): Promise<object> => world.issuer.redeemMerge({ ticket, key, user: user.access_token });
    const all = await Promise.all(Array.from({ length: 100 }, () => merge('one')));
    expect(all).toEqual(Array.from({ length: 100 }, () => parties));
    await expect(merge('two')).rejects.toMatchObject({ code: 'ticket_refused', status: 403 });
  });

  it('is for that user and nobody else', async () => {
    const [device, id] = [new Device(), linkId()];
    const eve = await tokensOf(await signedIn(await idToken(nonceOf(device, id), { sub: 'eve' }), device, id));
    await expect(world.issuer.redeemMerge({ ticket, key: 'k', user: eve.access_token })).rejects.toMatchObject({ code: 'ticket_refused' });
    await expect(world.issuer.redeemMerge({ ticket, key: 'k', user: guest.access_token })).rejects.toMatchObject({ code: 'ticket_refused' });
  });

  it('is over after five minutes, and nothing else passes for one', async () => {
    for (const other of [user.access_token, user.refresh_token, guest.access_token, 'x.y.z', '']) await expect(world.issuer.redeemMerge({ ticket: other, key: 'k', user: user.access_token })).rejects.toMatchObject({ code: 'ticket_refused' });
    await expect(world.issuer.verifyToken(ticket)).rejects.toMatchObject({ code: 'token_invalid' });
    world.time += 361_000;
    await expect(world.issuer.redeemMerge({ ticket, key: 'k', user: user.access_token })).rejects.toMatchObject({ code: 'ticket_refused' });
  });

  it('is had by whoever has both keys, for a guest and a user, and for nobody else', async () => {
    const form = { subject_token: guest.refresh_token, actor_token: user.refresh_token };
    expect(await errorOf(await ticketOf(form, { dpop: newKey, subject_dpop: newKey }))).toEqual([400, 'invalid_dpop_proof']);
    expect(await errorOf(await ticketOf(form, { dpop: guestKey, subject_dpop: guestKey }))).toEqual([400, 'invalid_dpop_proof']);
    expect(await errorOf(await ticketOf({ subject_token: user.refresh_token, actor_token: user.refresh_token }, { dpop: newKey, subject_dpop: newKey }))).toEqual([400, 'invalid_grant']);
    expect(await errorOf(await ticketOf({ subject_token: guest.refresh_token, actor_token: guest.refresh_token }, { dpop: guestKey, subject_dpop: guestKey }))).toEqual([400, 'invalid_grant']);
  });
});
