/** A merge ticket: how a shop's server learns that a guest and a user are one person, in the verifier's process or in another. */
import { createHash } from 'node:crypto';
import { importJWK, SignJWT, type JWK } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { createTokenCheck, type Merge, type MergeParties, type TokenCheckSettings } from '../../src/index.ts';
import { linkId, SignIns } from './sign-ins.ts';
import { claimsOf, CLIENT, Device, errorOf, ISSUER, NOW_SECONDS, SHOP, type Tokens, type World } from './support.ts';

const API_SECRET = 'a-secret-of-the-shops-own-servers-32';
const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');
const basic = (secret: string, name: string = CLIENT): string => `Basic ${btoa(`${name}:${secret}`)}`;

let at: SignIns;
let world: World;
let guest: Tokens;
let user: Tokens;
let userKey: Device;
let ticket: string;
let parties: MergeParties;

async function begin(settings: Parameters<typeof SignIns.open>[0] = {}): Promise<void> {
  at = await SignIns.open({ apiSecret: API_SECRET, ...settings });
  ({ world, guest } = at);
  userKey = new Device();
  user = await at.user('ada', userKey);
  ticket = await newTicket();
  parties = { from: at.guestKey.subject, to: String(claimsOf(user.access_token).sub) };
}
beforeEach(() => begin());

async function newTicket(): Promise<string> {
  const answer = await at.ticketOf({ subject_token: guest.refresh_token, actor_token: user.refresh_token }, { dpop: userKey, subject_dpop: at.guestKey });
  return ((await answer.json()) as { merge_ticket: string }).merge_ticket;
}

/** As the API's own process asks over the network. */
const post = (form: Readonly<Record<string, string>> = {}, headers: Readonly<Record<string, string>> = { authorization: basic(API_SECRET) }): Promise<Response> =>
  world.post('/merge', { merge_ticket: ticket, key: 'k', access_token: user.access_token, ...form }, headers);

/** An API in a process that has nothing of the verifier but its address and the credential. */
function apiElsewhere(settings: Partial<TokenCheckSettings> = {}): { readonly redeem: Redeem; readonly asked: Request[] } {
  const asked: Request[] = [];
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    asked.push(request.clone());
    return world.issuer.handler(request, { clientAddress: '10.0.0.1' });
  };
  return { redeem: createTokenCheck({ issuer: ISSUER, clientId: CLIENT, apiSecret: API_SECRET, now: () => world.time, fetch, ...settings }).redeemMerge, asked };
}

/** A ticket by the verifier's own key, wrong in one way. */
async function ticketWith(claims: object, typ = 'passerby-merge+jwt'): Promise<string> {
  const [key] = world.keys.keys;
  const signed = { iss: ISSUER, aud: `${ISSUER}/merge`, client_id: CLIENT, sub: parties.to, from: parties.from, iat: NOW_SECONDS, exp: NOW_SECONDS + 300, jti: 'j', ...claims };
  return new SignJWT(signed).setProtectedHeader({ alg: 'ES256', kid: 'first', typ }).sign(await importJWK(key as JWK, 'ES256'));
}

type Redeem = (merge: Merge) => Promise<MergeParties>;
const ways: readonly (readonly [string, (settings?: Partial<TokenCheckSettings>) => Redeem])[] = [
  ['in the verifier’s process', () => world.issuer.redeemMerge],
  ['in another process', (settings) => apiElsewhere(settings).redeem],
];

describe.each(ways)('a merge ticket, redeemed %s', (_where, open) => {
  const refused = { code: 'ticket_refused', status: 403 };
  const redeem = (change: Partial<Merge> = {}): Promise<MergeParties> => open()({ ticket, key: 'k', user: user.access_token, ...change });

  it('names the guest and the user', async () => {
    expect(await redeem()).toEqual(parties);
  });

  it('is one merge, though a hundred ask at once, and as often as its answer is lost; another key is refused', async () => {
    const all = await Promise.all(Array.from({ length: 100 }, () => redeem()));
    expect(all).toEqual(Array.from({ length: 100 }, () => parties));
    await expect(redeem({ key: 'another' })).rejects.toMatchObject(refused);
    expect(await redeem()).toEqual(parties);
  });

  it('is for that user and nobody else', async () => {
    const eve = await at.user('eve');
    for (const other of [eve.access_token, guest.access_token]) await expect(redeem({ user: other })).rejects.toMatchObject(refused);
    expect(await redeem()).toEqual(parties);
  });

  it('is good for five minutes', async () => {
    world.time += 299_000;
    expect(await redeem()).toEqual(parties);
    world.time += 62_000;
    await expect(redeem()).rejects.toMatchObject(refused);
  });

  it('made while the guest was one carries nothing off the user that the guest became', async () => {
    const link = linkId();
    expect((await at.linked(await at.idToken(at.nonceOf(at.guestKey, link), { sub: 'bob' }), { id: link })).status).toBe(200);
    await expect(redeem()).rejects.toMatchObject(refused);
  });

  it('is nothing else that the verifier signed, and no ticket for another place', async () => {
    expect(await redeem({ ticket: await ticketWith({}) })).toEqual(parties);
    const others = [user.access_token, user.refresh_token, guest.access_token, 'x.y.z', '', await ticketWith({}, 'at+jwt'), await ticketWith({ aud: ISSUER }), await ticketWith({ aud: 'https://other.example/merge' }), await ticketWith({ iss: 'https://other.example' }), await ticketWith({ client_id: 'blog' }), await ticketWith({ exp: undefined }), `${ticket.slice(0, -4)}AAAA`];
    for (const other of others) await expect(redeem({ ticket: other })).rejects.toMatchObject(refused);
    await expect(world.issuer.verifyToken(ticket)).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it.each(['', 'a b', 'ü', 'k'.repeat(257)])('is not redeemed by the key %j', async (key) => {
    await expect(redeem({ key })).rejects.toMatchObject(refused);
  });

  it('needs the token of somebody', async () => {
    await expect(redeem({ user: 'x' })).rejects.toMatchObject({ code: 'token_invalid' });
    await expect(redeem({ user: new Request(SHOP) })).rejects.toMatchObject({ code: 'token_missing' });
    expect(await redeem({ user: new Request(SHOP, { headers: { authorization: `Bearer ${user.access_token}` } }) })).toEqual(parties);
  });

  it('of a user whose token is bound to a key needs the whole request, with the proof', async () => {
    await begin({ accessTokenType: 'DPoP', apiOrigin: SHOP });
    const asking = (device: Device): Request => {
      const dpop = device.proof({ htu: `${SHOP}/cart/merge`, ath: hash(user.access_token) });
      return new Request(`${SHOP}/cart/merge`, { method: 'POST', headers: { authorization: `DPoP ${user.access_token}`, dpop } });
    };
    const bound = (from: Request | string): Promise<MergeParties> => open({ apiOrigin: SHOP })({ ticket, key: 'k', user: from });
    expect(await bound(asking(userKey))).toEqual(parties);
    for (const other of [asking(at.guestKey), user.access_token]) await expect(bound(other)).rejects.toMatchObject({ status: 401 });
  });
});

describe('a merge ticket', () => {
  it('is had by whoever has both keys, for a guest and a user, and for nobody else', async () => {
    const form = { subject_token: guest.refresh_token, actor_token: user.refresh_token };
    expect(await errorOf(await at.ticketOf(form, { dpop: userKey, subject_dpop: userKey }))).toEqual([400, 'invalid_dpop_proof']);
    expect(await errorOf(await at.ticketOf(form, { dpop: at.guestKey, subject_dpop: at.guestKey }))).toEqual([400, 'invalid_dpop_proof']);
    expect(await errorOf(await at.ticketOf({ subject_token: user.refresh_token, actor_token: user.refresh_token }, { dpop: userKey, subject_dpop: userKey }))).toEqual([400, 'invalid_grant']);
    expect(await errorOf(await at.ticketOf({ subject_token: guest.refresh_token, actor_token: guest.refresh_token }, { dpop: at.guestKey, subject_dpop: at.guestKey }))).toEqual([400, 'invalid_grant']);
  });

  it('can be had again where one was over, and the same key is the same merge', async () => {
    await world.issuer.redeemMerge({ ticket, key: 'k', user: user.access_token });
    world.time += 400_000;
    expect(await world.issuer.redeemMerge({ ticket: await newTicket(), key: 'k', user: user.access_token })).toEqual(parties);
  });
});

describe('who redeems a merge ticket over the network', () => {
  it.each<readonly [string, Readonly<Record<string, string>>]>([
    ['without a credential', {}], ['with another secret', { authorization: basic(`${API_SECRET}x`) }], ['with an empty one', { authorization: basic('') }], ['as another client', { authorization: basic(API_SECRET, 'blog') }],
    ['with the secret as a token', { authorization: `Bearer ${API_SECRET}` }], ['with the start of the secret', { authorization: basic(API_SECRET.slice(0, -1)) }], ['with what is no Basic', { authorization: 'Basic' }],
  ])('%s is refused, and the ticket is as good as before', async (_how, headers) => {
    const answer = await post({}, headers);
    expect([answer.headers.get('www-authenticate'), answer.headers.get('cache-control')]).toEqual(['Basic realm="passerby"', 'no-store']);
    expect(await errorOf(answer)).toEqual([401, 'invalid_client']);
    expect(await (await post({ key: 'another' })).json()).toEqual(parties);
  });

  it.each([SHOP, ISSUER, 'null', 'https://evil.example', ''])('from a page of %j is refused, whatever it knows, and may not read why', async (origin) => {
    const answer = await post({}, { authorization: basic(API_SECRET), origin });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(await errorOf(answer)).toEqual([403, 'unauthorized_client']);
    const preflight = await world.ask('/merge', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' } });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([405, null]);
  });

  it.each(['merge_ticket', 'key', 'access_token'])('without %s is told so', async (name) => {
    expect(await errorOf(await post({ [name]: '' }))).toEqual([400, 'invalid_request']);
  });

  it('where the verifier has no credential for servers finds nothing there', async () => {
    await begin({ apiSecret: undefined });
    expect(await errorOf(await post())).toEqual([404, 'invalid_request']);
    expect(await errorOf(await post({}, { authorization: basic('undefined') }))).toEqual([404, 'invalid_request']);
  });

  it('is told nothing of what was sent', async () => {
    const forged = `${ticket.slice(0, -4)}AAAA`;
    for (const answer of [await post({ merge_ticket: forged }), await post({ access_token: 'm4rk3r' }), await post({}, { authorization: basic('m4rk3r') })]) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      const text = JSON.stringify([await answer.text(), [...answer.headers]]);
      for (const secret of [API_SECRET, 'm4rk3r', user.access_token, forged]) expect(text).not.toContain(secret);
    }
  });
});

describe('an API in another process', () => {
  const failing = (answer: () => Response | Promise<Response>) => {
    const real = apiElsewhere();
    const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
      if (String(input).endsWith('/merge')) return answer();
      return world.issuer.handler(new Request(input, init), { clientAddress: '10.0.0.1' });
    };
    return { ...real, redeem: apiElsewhere({ fetch }).redeem };
  };
  const merge = (): Merge => ({ ticket, key: 'k', user: user.access_token });

  it('shows its credential to the verifier alone, and nothing secret in an address', async () => {
    const { redeem, asked } = apiElsewhere();
    await redeem(merge());
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([`GET ${ISSUER}/jwks`, `POST ${ISSUER}/merge`]);
    expect(asked.map(({ headers }) => headers.get('authorization'))).toEqual([null, basic(API_SECRET)]);
  });

  it('has the same answer where the first one was lost', async () => {
    let lost = 0;
    const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const answer = await world.issuer.handler(new Request(input, init), { clientAddress: '10.0.0.1' });
      if (String(input).endsWith('/merge') && (lost += 1) === 1) throw new TypeError('fetch failed');
      return answer;
    };
    const { redeem } = apiElsewhere({ fetch });
    await expect(redeem(merge())).rejects.toMatchObject({ code: 'verifier_unavailable', status: 503 });
    expect(await redeem(merge())).toEqual(parties);
  });

  it.each<readonly [string, () => Response]>([
    ['503', () => new Response('', { status: 503 })], ['HTML', () => new Response('<!doctype html>')], ['half an answer', () => Response.json({ from: 'g' })], ['a redirect', () => Response.redirect('https://evil.example/merge')], ['400 of somebody else', () => new Response('', { status: 400 })],
    ['20 MB', () => new Response('x'.repeat(20_000_000))],
  ])('that is answered with %s is told to try again, and blames no ticket', async (_what, answer) => {
    await expect(failing(answer).redeem(merge())).rejects.toMatchObject({ code: 'verifier_unavailable', status: 503 });
  });

  it('with another secret, or of a verifier without one, is told whose mistake it is, and not what the secret is', async () => {
    const wrong = 'another-secret-of-the-shops-own-servers';
    const error = await apiElsewhere({ apiSecret: wrong }).redeem(merge()).catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/set the same clientId and apiSecret/);
    expect(String(error)).not.toContain(wrong);
    await begin({ apiSecret: undefined });
    await expect(apiElsewhere().redeem(merge())).rejects.toThrow(/set the same clientId and apiSecret/);
  });

  it('without a secret redeems nothing, and says what to set', async () => {
    await expect(apiElsewhere({ apiSecret: undefined }).redeem(merge())).rejects.toThrow(/redeemMerge needs apiSecret/);
  });
});
