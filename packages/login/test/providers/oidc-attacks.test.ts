/** What an attacker may try on a shop with an OpenID provider; the names are of the threats. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import type { LoginOptions } from '../../src/index.ts';
import { oidc } from '../../src/providers/oidc.ts';
import { LOGIN, SHOP, VERIFIER, World, type Tab } from '../support/world.ts';

let world: World;
let tab: Tab;
let guest: string;
beforeEach(async () => {
  world = await World.createOidc();
  tab = world.open('/checkout');
  guest = (await world.until(tab.login.authenticate())).subject;
});

const exchanges = (): number => world.openId.log.filter(({ route }) => route === 'POST /token').length;
const stored = (): string => JSON.stringify([...world.rows.values()]);
/** A verifier that an attacker has put between the page and the real one, such as a planted service worker. */
const openBehind = (answer: (real: Response) => Promise<Response> | Response, options: Partial<LoginOptions> = {}): Tab => {
  const { verifier } = world;
  const handler: typeof verifier.handler = async (request, from) => answer(await verifier.handler(request, from));
  return world.withVerifier({ ...verifier, handler }).open('/', options);
};

describe('csrf: a callback with an attacker’s code', () => {
  it.each([
    ['and no request pending', async () => undefined],
    ['and a request that was given up by signing out', async () => {
      await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
      await world.until(world.open().login.logOut({ discardGuest: true }));
    }],
    ['and a request from another browser', async () => {
      await world.backFrom(world.anotherBrowser().open('/checkout'), (login) => login.authenticate({ connectionId: 'google' }), 'grace').catch(() => undefined);
    }],
  ])('%s redeems nothing and writes nothing', async (_what, before) => {
    await before();
    const rows = stored();
    const back = world.open('/checkout?code=attacker&state=attacker');
    expect(await world.until(back.login.completeLogin())).toBeNull();
    expect(exchanges()).toBe(0);
    expect(stored()).toBe(rows);
    // It may be somebody else's callback: the address is left to them.
    expect(back.address.search).toBe('?code=attacker&state=attacker');
  });

  it('whose request is older than ten minutes redeems nothing', async () => {
    const address = await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
    await world.time.pass(601_000);
    const back = world.open(address);
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'failed', error: { code: 'callback_invalid' } });
    expect(exchanges()).toBe(0);
  });

  it.each(['access_token', 'id_token', 'refresh_token', 'token'])('or a token in the address (%s) signs nobody in', async (name) => {
    const { jwt } = await ownToken();
    for (const address of [`/?${name}=${jwt}&state=x`, `/#${name}=${jwt}&state=x`]) {
      const back = world.open(address);
      expect(await world.until(back.login.completeLogin())).toBeNull();
      expect(back.login.getSession()?.subject).toBe(guest);
    }
  });
});

describe('replay: a callback that was used', () => {
  it('gives the answer it gave, from another tab too, without another request', async () => {
    const address = await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
    await world.until(world.open(address).login.completeLogin());
    const requests = world.requests.length;
    expect(await world.until(world.open(address).login.completeLogin())).toMatchObject({ type: 'linked', session: { subject: guest } });
    expect(world.requests.length).toBe(requests);
  });

  it('leaves no code, verifier, ID token or key behind', async () => {
    const address = await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
    await world.until(world.open(address).login.completeLogin());
    const [row] = [...world.rows.values()] as { readonly pending: readonly Record<string, unknown>[] }[];
    expect(row?.pending).toEqual([expect.objectContaining({ callback: null, codeVerifier: '', key: undefined, details: undefined })]);
    expect(stored()).not.toContain(new URL(address).searchParams.get('code'));
  });
});

describe('pkce: a browser or provider without what it takes', () => {
  it('of the browser makes no guest and sends nothing', async () => {
    const other = world.anotherBrowser();
    const login = other.open('/', {}, { crypto: { ...crypto, subtle: undefined } as unknown as Crypto }).login;
    await expect(other.until(login.authenticate())).rejects.toMatchObject({ code: 'insecure_context' });
    expect(other.requests).toEqual([]);
  });

  it.each([[['plain']], [[]]])('of the provider (%j) sends nobody there', async (methods) => {
    world.openId.faults.add({ route: 'GET /.well-known/openid-configuration', kind: 'status', status: 200, headers: { 'content-type': 'application/json', 'access-control-allow-origin': '*' }, body: JSON.stringify({ ...METADATA, code_challenge_methods_supported: methods }) });
    await expect(world.until(tab.login.linkIdentity({ connectionId: 'google' }))).rejects.toMatchObject({ code: 'config_invalid' });
    expect(tab.departed).toBeNull();
  });
});

describe('redir: a provider that was tampered with', () => {
  it.each(['javascript:alert(1)', 'data:text/html,x', 'http://evil.example/authorize', 'blob:https://x', '//evil.example', ''])('sends nobody to %j', async (endpoint) => {
    world.openId.faults.add({ route: 'GET /.well-known/openid-configuration', kind: 'status', status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...METADATA, authorization_endpoint: endpoint }) });
    await expect(world.until(tab.login.linkIdentity({ connectionId: 'google' }))).rejects.toMatchObject({ code: 'response_invalid' });
    expect(tab.departed).toBeNull();
  });

  it.each([`${LOGIN}/`, 'https://evil.example', 'https://login.shop.test.evil.example', ''])('to call itself %j is not believed', async (issuer) => {
    world.openId.faults.add({ route: 'GET /.well-known/openid-configuration', kind: 'status', status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...METADATA, issuer }) });
    await expect(world.until(tab.login.linkIdentity({ connectionId: 'google' }))).rejects.toMatchObject({ name: 'LoginError' });
    expect(tab.departed).toBeNull();
  });

  it.each(['http://login.shop.test', 'ftp://login.shop.test', 'login.shop.test', ''])('is refused at once where it is configured as %j', (issuer) => {
    expect(() => oidc({ issuer, clientId: 'shop', verifier: VERIFIER })).toThrow(expect.objectContaining({ code: 'config_invalid' }));
    expect(() => oidc({ issuer: LOGIN, clientId: 'shop', verifier: issuer })).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });

  it('after the callback stays on the site, whatever page it was on', async () => {
    const back = world.open(await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada'));
    await world.until(back.login.completeLogin());
    expect(back.address.origin).toBe(SHOP);
  });
});

describe('inj: an answer of the provider for another sign-in', () => {
  it.each([
    ['of another nonce', { nonce: 'n'.repeat(43) }], ['of another issuer', { iss: 'https://evil.example' }], ['for another application', { aud: 'blog' }], ['without a nonce', { nonce: undefined }],
  ])('(an ID token %s) signs nobody in', async (_what, claims) => {
    const address = await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
    const { jwt } = await ownToken(claims);
    world.openId.faults.add({ route: 'POST /token', kind: 'status', status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ id_token: jwt, access_token: 'x', token_type: 'Bearer' }), times: 99 });
    const back = world.open(address);
    const outcome = await world.until(back.login.completeLogin().catch((error: unknown) => error));
    expect(outcome).toMatchObject(_what === 'of another nonce' || _what === 'without a nonce' ? { type: 'failed', error: { code: 'callback_invalid' } } : { code: 'response_invalid' });
    expect(back.login.getSession()).toMatchObject({ subject: guest, kind: 'guest' });
  });
});

describe('sw: a token endpoint that answers with an attacker’s tokens', () => {
  const planted = async (claims: object): Promise<Tab> => {
    const { jwt } = await ownToken(claims);
    return openBehind(() => Response.json({ access_token: jwt, token_type: 'Bearer', expires_in: 600, refresh_token: 'theirs' }));
  };

  it.each([
    ['of their own guest', {}, 'session_changed'], ['of another issuer', { iss: 'https://evil.example' }, 'response_invalid'], ['of another application', { client_id: 'blog' }, 'response_invalid'],
  ])('(%s) makes this browser nobody else', async (_what, claims, code) => {
    const other = await planted(claims);
    await world.time.pass(700_000);
    await expect(world.until(other.login.getToken({ deadlineMs: 2_000 }))).rejects.toMatchObject({ code });
    expect(await world.until(tab.login.authenticate())).toMatchObject({ subject: guest });
  });

  it.each([['bound to another key', { cnf: { jkt: 'A'.repeat(43) } }, 'DPoP'], ['bound to no key', {}, 'DPoP'], ['of a type that nobody knows', {}, 'mac']])('(of this very guest, but %s) does not replace the token that works', async (_what, claims, type) => {
    const { jwt } = await ownToken({ sub: guest, ...claims });
    const other = openBehind(() => Response.json({ access_token: jwt, token_type: type, expires_in: 600, refresh_token: 'theirs' }));
    await world.time.pass(700_000);
    await expect(world.until(other.login.getToken({ deadlineMs: 2_000 }))).rejects.toMatchObject({ code: 'response_invalid' });
  });

  it('makes a new visitor nobody: the first guest is the one whose key is here', async () => {
    world = await World.createOidc();
    const visitor = await planted({});
    await expect(world.until(visitor.login.authenticate())).rejects.toMatchObject({ code: 'response_invalid' });
    expect(visitor.login.getSession()).toBeNull();
  });

  it('of a bound type, but of another key, makes a new visitor nobody', async () => {
    world = await World.createOidc();
    const { jwt } = await ownToken({ cnf: { jkt: 'A'.repeat(43) } });
    const visitor = openBehind(() => Response.json({ access_token: jwt, token_type: 'DPoP', expires_in: 600, refresh_token: 'theirs' }));
    await expect(world.until(visitor.login.authenticate())).rejects.toMatchObject({ code: 'response_invalid' });
  });
});

describe('pm: messages to the page', () => {
  it('are not listened to: whoever finishes a sign-in does it through the record', async () => {
    const folder = fileURLToPath(new URL('../../src/', import.meta.url));
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
    const listening = sources.filter((path) => /addEventListener\(\s*'message'|onmessage/.test(readFileSync(join(folder, path), 'utf8')));
    // The one is the page's own, with both ends in one hand; the other is of this origin only, and hears nothing but numbers.
    expect(listening.sort()).toEqual([join('ports', 'breathe.ts'), join('ports', 'channel.ts')]);
  });
});

const METADATA = { issuer: LOGIN, authorization_endpoint: `${LOGIN}/authorize`, token_endpoint: `${LOGIN}/token` };

/** A well-formed token of an attacker's own key. */
async function ownToken(claims: object = {}): Promise<{ readonly jwt: string }> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const now = Math.floor(world.time.wall / 1000);
  const jwt = await new SignJWT({ iss: VERIFIER, sub: `g_${'A'.repeat(43)}`, client_id: 'shop', aud: 'shop', kind: 'guest', iat: now, exp: now + 600, nonce: 'n', ...('nonce' in claims || 'aud' in claims ? { iss: LOGIN } : {}), ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', jwk: await exportJWK(publicKey) }).sign(privateKey);
  return { jwt };
}
