/** The key that is a guest, where the verifier issues guests: it stays in its browser, there is one of it, and what is stolen without it is worth nothing. */
import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { Device, errorOf } from '../packages/verifier/test/issuer/support.ts';
import { enter, type Customer } from './support/customer.ts';
import type { Tab } from './support/engine.ts';
import { engines, measured } from './support/engines.ts';
import { openOpenIdShop, type OpenIdShop } from './support/openid-shop.ts';
import { scenesIn, type Scene } from './support/scene.ts';
import { dump, readRecord, withRecords, writeRecord } from './support/stored.ts';

/** So short that a test can wait for its end. */
const TOKEN_SECONDS = 2;
const tokenEnds = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, TOKEN_SECONDS * 1000));

interface Kept {
  readonly guestKey?: { readonly thumbprint: string };
  readonly session: { readonly subject: string; readonly accessToken: string; readonly renewal: { readonly refreshToken: string } };
}

const nameOf = ({ verifierUrl }: OpenIdShop): string => `passerby ${verifierUrl} app_shop`;
const kept = async (tab: Tab, place: OpenIdShop): Promise<Kept> => (await tab.evaluate(readRecord, nameOf(place))) as Kept;

async function guestAt({ visitor, place }: Pick<Scene<OpenIdShop>, 'visitor' | 'place'>): Promise<{ readonly customer: Customer; readonly subject: string }> {
  const customer = await enter(visitor, place.shopUrl);
  await customer.sees('kind', 'guest');
  return { customer, subject: await customer.reads('subject') };
}

describe.for(engines.map((engine) => [engine.name, engine] as const))('in %s, a guest', ([, engine]) => {
  const begin = scenesIn(engine);
  const beginBriefly = (): Promise<Scene<OpenIdShop>> => begin(() => openOpenIdShop({ accessTokenLifetimeSeconds: TOKEN_SECONDS }));

  it('has a key that signs, and that no script can read in any way', async () => {
    const scene = await begin(openOpenIdShop);
    const { customer, subject } = await guestAt(scene);
    await customer.tab.evaluate(withRecords());
    const { keys, readable } = await customer.tab.evaluate(tryToRead, nameOf(scene.place));
    expect(readable).toEqual(['read', 'read', 'read']);
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) expect(key).toEqual({ type: 'private', extractable: false, usages: ['sign'], signs: true, tries: ['InvalidAccessError', 'InvalidAccessError', 'InvalidAccessError'] });
    expect(subject).toBe(`g_${(await kept(customer.tab, scene.place)).guestKey?.thumbprint}`);
  });

  it(`who asks twice in each of ${engine.crowd} new tabs at the same moment has one key, and is one guest by one request`, async (context) => {
    const { place, visitor } = await begin(openOpenIdShop);
    const tabs: Tab[] = [];
    while (tabs.length < engine.crowd) tabs.push(await visitor.openTab(place.blank));
    for (const tab of tabs) {
      await tab.evaluate(place.client());
      await tab.evaluate(getReady);
    }
    const from = performance.now();
    await tabs[0]?.evaluate(() => new BroadcastChannel('starter').postMessage('go'));
    const results = await Promise.all(tabs.map((tab) => tab.evaluate(() => window.outcome)));
    measured(context, `${tabs.length} tabs, guest of one key: all served after ${Math.round(performance.now() - from)} ms`);
    const tokens = new Set(results.flatMap((result) => result.tokens));
    expect(tokens.size).toBe(1);
    expect(results.reduce((sum, { keys }) => sum + keys, 0)).toBe(1);
    expect(place.asked.map(({ method, path, grant }) => `${method} ${path} ${grant}`)).toEqual(['POST /token guest']);
    const { guestKey } = await kept(tabs[0] as Tab, place);
    expect(decodeJwt([...tokens][0] ?? '').sub).toBe(`g_${guestKey?.thumbprint}`);
  });

  it.for(['verifier.localhost', 'verifier.shop.localhost'])('costs one request to %s: no preflight, no cookie though there is one, and nobody leaves the page', async (verifierHost) => {
    const scene = await begin(() => openOpenIdShop({ verifierHost }));
    const { place, visitor } = scene;
    await visitor.openTab(place.cookies);
    expect(await visitor.cookies(place.cookies)).toEqual([{ name: 'left', value: 'here' }]);
    const { customer } = await guestAt(scene);
    expect(place.asked).toEqual([{ method: 'POST', path: '/token', grant: 'guest', mode: 'cors', cookie: null }]);
    expect(await customer.tab.evaluate(() => [location.href, document.querySelectorAll('iframe').length])).toEqual([`${place.shopUrl}/`, 0]);
  });

  it('is not harmed by whoever carries away all that a script can read, and asks the verifier with it', async () => {
    const scene = await beginBriefly();
    const { customer, subject } = await guestAt(scene);
    await customer.add('mug');
    const { session } = await kept(customer.tab, scene.place);
    const stolen = session.renewal.refreshToken;
    const carried = await customer.tab.evaluate(dump);
    expect(carried).toContain(stolen);
    expect(carried).not.toMatch(/"d":|PRIVATE/);

    const thief = await Thief.at(scene.place);
    expect(await thief.asks({ grant_type: 'refresh_token', refresh_token: stolen })).toEqual([400, 'invalid_dpop_proof']);
    expect(await thief.asks({ grant_type: 'refresh_token', refresh_token: stolen, dpop: thief.proof() })).toEqual([400, 'invalid_dpop_proof']);
    expect(await thief.asks({ grant_type: 'refresh_token', refresh_token: session.accessToken, dpop: thief.proof() })).toEqual([400, 'invalid_grant']);
    expect(await thief.asks({ grant_type: 'urn:passerby:grant-type:merge-ticket', subject_token: stolen, subject_dpop: thief.proof(), actor_token: stolen, dpop: thief.proof() })).toEqual([400, 'invalid_dpop_proof']);
    expect(await thief.asks({ grant_type: 'urn:passerby:grant-type:guest', dpop: thief.proof() })).toEqual([200, thief.device.subject]);

    await tokenEnds();
    expect(await customer.tab.evaluate(() => window.login.getToken().then(() => window.login.getSession()?.subject))).toBe(subject);
    // Whoever has a refresh token may end its session (RFC 7009); the guest is whoever holds the key, and starts again.
    expect((await thief.posts('/revoke', { token: stolen })).status).toBe(200);
    await tokenEnds();
    await customer.tab.evaluate(() => window.login.getToken().catch(() => 'over'));
    await customer.tab.goto(scene.place.shopUrl);
    await customer.sees('kind', 'guest');
    expect(await customer.reads('subject')).toBe(subject);
    await customer.sees('cart-count', '1');
  });

  it.for(['without its key', 'with a key of their own in its place'] as const)('is not whoever copies all storage to another browser %s, once the token ends', async (how) => {
    const scene = await beginBriefly();
    const { customer, subject } = await guestAt(scene);
    const thief = await scene.stranger();
    const tab = await thief.openTab(scene.place.blank);
    await tab.evaluate(withRecords());
    await tab.evaluate(how === 'without its key' ? writeRecord : writeWithOwnKey, { key: nameOf(scene.place), value: JSON.parse(JSON.stringify(await kept(customer.tab, scene.place))) as unknown });
    await tokenEnds();
    await tab.evaluate(scene.place.client());
    const who = await tab.evaluate(() => window.login.getToken().then(() => window.login.getSession()?.subject, (error: { code: string }) => error.code));
    expect(who).toMatch(how === 'without its key' ? /^g_/ : 'config_invalid');
    expect(who).not.toBe(subject);
    expect(await customer.tab.evaluate(() => window.login.getToken().then(() => window.login.getSession()?.subject))).toBe(subject);
  });

  it('who signs out is somebody else from then on, and nothing of the old key is left', async () => {
    const scene = await begin(openOpenIdShop);
    const { customer, subject } = await guestAt(scene);
    await customer.click('sign-out');
    await customer.click('discard-guest');
    await customer.sees('kind', 'none');
    expect(await customer.tab.evaluate(dump)).not.toContain(subject.slice(2));
    expect((await guestAt(scene)).subject).not.toBe(subject);
  });

  it('who signs in and out is somebody else from then on, and nothing of the old key is left', async () => {
    const scene = await begin(openOpenIdShop);
    const { customer, subject } = await guestAt(scene);
    await customer.click('sign-in-google');
    await customer.click('person-ada');
    await customer.sees('kind', 'user');
    expect(await kept(customer.tab, scene.place)).toMatchObject({ session: { subject, kind: 'user' } });
    expect((await kept(customer.tab, scene.place)).guestKey ?? 'gone').toBe('gone');
    await customer.click('sign-out');
    await customer.sees('kind', 'none');
    expect(await customer.tab.evaluate(dump)).not.toContain(subject.slice(2));
    expect((await guestAt(scene)).subject).not.toBe(subject);
  });
});

declare global {
  interface Window {
    outcome: Promise<{ readonly tokens: readonly string[]; readonly keys: number }>;
  }
}

/** Somebody with a key of their own and no browser, who claims to be any page. */
class Thief {
  readonly device = new Device();
  readonly #place: OpenIdShop;
  #nonce = '';

  private constructor(place: OpenIdShop) {
    this.#place = place;
  }

  static async at(place: OpenIdShop): Promise<Thief> {
    const thief = new Thief(place);
    thief.#nonce = (await thief.posts('/revoke', { token: 'x' })).headers.get('dpop-nonce') ?? '';
    return thief;
  }

  proof(): string {
    return this.device.proof({ htu: `${this.#place.verifierUrl}/token`, iat: Math.floor(Date.now() / 1000), nonce: this.#nonce });
  }

  /** The status, and the error or whose token it is. */
  async asks(form: Readonly<Record<string, string>>): Promise<readonly [number, string | undefined]> {
    const answer = await this.posts('/token', form);
    return answer.ok ? [answer.status, decodeJwt(((await answer.json()) as { access_token: string }).access_token).sub] : errorOf(answer);
  }

  posts(path: string, form: Readonly<Record<string, string>>): Promise<Response> {
    const headers = { origin: this.#place.shopUrl, 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'cross-site', 'content-type': 'application/x-www-form-urlencoded' };
    return this.#place.ask(new Request(`http://localhost${path}`, { method: 'POST', headers, body: new URLSearchParams({ client_id: 'app_shop', ...form }).toString() }));
  }
}

/** Counts the keys that are made on the page, and has the client ask for a token twice as soon as any tab says so. */
function getReady(): void {
  let keys = 0;
  const { generateKey } = SubtleCrypto.prototype;
  SubtleCrypto.prototype.generateKey = function (this: SubtleCrypto, ...asked: Parameters<typeof generateKey>) {
    keys += 1;
    return generateKey.apply(this, asked);
  } as typeof generateKey;
  const starter = new BroadcastChannel('starter');
  window.outcome = new Promise((resolve, reject) => {
    starter.onmessage = () => void Promise.all([window.login.getToken(), window.login.getToken()]).then((tokens) => resolve({ tokens, keys }), reject);
  });
}

/** Tries all ways out for every private key of a record, and for one that may be read. */
async function tryToRead(name: string): Promise<{ readonly keys: readonly unknown[]; readonly readable: readonly string[] }> {
  const found: CryptoKey[] = [];
  (function look(value: unknown): void {
    if (value instanceof CryptoKey) found.push(value);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(look);
  })(await window.readRecord(name));
  const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const wrapper = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['wrapKey']);
  const tries = (key: CryptoKey): Promise<string[]> => Promise.all([
    crypto.subtle.exportKey('jwk', key),
    crypto.subtle.exportKey('pkcs8', key),
    crypto.subtle.wrapKey('pkcs8', key, wrapper, { name: 'AES-GCM', iv: new Uint8Array(12) }),
  ].map((attempt) => attempt.then(() => 'read', (error: DOMException) => error.name)));
  const control = await crypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
  const keys = found.map(async (key) => ({
    type: key.type, extractable: key.extractable, usages: key.usages, tries: await tries(key),
    signs: (await crypto.subtle.sign(ecdsa, key, new Uint8Array(8))).byteLength === 64,
  }));
  return { keys: await Promise.all(keys), readable: await tries(control.privateKey) };
}

/** Writes a record as its thief may: without its keys, and one of their own where they were. */
async function writeWithOwnKey({ key, value }: { key: string; value: unknown }): Promise<void> {
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  (function fill(inner: unknown): void {
    if (typeof inner !== 'object' || inner === null) return;
    if ('privateKey' in inner) Object.assign(inner, { privateKey });
    else Object.values(inner).forEach(fill);
  })(value);
  await window.writeRecord({ key, value });
}
