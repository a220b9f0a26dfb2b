/** What an attacker may leave in somebody's browser, or have them follow, so that they become the attacker's guest or sign in for it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { SHOP, World, type Tab } from '../support/world.ts';

let world: World;
/** Another browser, whose guest is the attacker's; its token is as good as any. */
let attacker: World;
let attackersTab: Tab;
let theirs: string;
let token: string;
beforeEach(async () => {
  world = await World.createOidc();
  attacker = world.anotherBrowser();
  attackersTab = attacker.open('/checkout');
  theirs = (await attacker.until(attackersTab.login.authenticate())).subject;
  token = await attacker.until(attackersTab.login.getToken());
});

const refreshToken = (): string => /"refreshToken":"([^"]+)"/.exec(JSON.stringify([...attacker.rows.values()]))?.[1] ?? '';
const own = (): unknown => world.rows.get([...attacker.rows.keys()][0] ?? '');

const PLACES: readonly (readonly [string, () => string])[] = [
  ['the hash', () => `/#access_token=${token}&refresh_token=${refreshToken()}&token_type=bearer&expires_in=600&type=recovery`],
  ['the query', () => `/?access_token=${token}&refresh_token=${refreshToken()}&id_token=${token}&token=${token}&sub=${theirs}`],
  ['a callback’s parameters', () => `/checkout?code=${token}&state=${token}&iss=https://login.shop.test&access_token=${token}`],
  ['cookies', () => {
    for (const name of ['authorization', 'user', 'access_token', 'passerby', '__Host-passerby']) world.jar.store(new URL(SHOP), new Response(null, { headers: { 'set-cookie': `${name}=${token}; Path=/` } }));
    return '/';
  }],
  ['what another library or another shop stored', () => {
    for (const [name, row] of attacker.rows) for (const other of [name.toUpperCase(), `${name}/`, name.split(' ').slice(0, 2).join(' '), 'sb-shop-auth-token']) world.rows.set(other, row);
    return '/';
  }],
];

describe('a good token of an attacker’s guest', () => {
  it.each(PLACES)('planted in %s makes no new visitor that guest', async (_where, plant) => {
    const tab = world.open(plant());
    await world.until(tab.login.completeLogin());
    expect(tab.login.getSession()).toBeNull();
    const { subject } = await world.until(tab.login.authenticate());
    expect([subject === theirs, await world.until(tab.login.getToken()) === token]).toEqual([false, false]);
    expect(JSON.stringify(own())).not.toContain(theirs.slice(2));
  });

  it.each(PLACES)('planted in %s changes nothing for the guest who is here', async (_where, plant) => {
    const { subject } = await world.until(world.open().login.authenticate());
    const tab = world.open(plant());
    await world.until(tab.login.completeLogin());
    await world.time.pass(700_000);
    expect(await world.verifier.verifyToken(await world.until(tab.login.getToken()))).toMatchObject({ subject });
    expect(tab.login.getSession()?.subject).toBe(subject);
    expect(JSON.stringify(own())).not.toContain(theirs.slice(2));
  });

  it('has nobody to read it: no source looks into stores or names that others write', () => {
    const folder = fileURLToPath(new URL('../../src/', import.meta.url));
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
    const reading = (what: RegExp): string[] => sources.filter((path) => what.test(readFileSync(join(folder, path), 'utf8').replace(/\/\*\*?.*?\*\/|\/\/.*$/gms, '')));
    expect(reading(/\b(?:localStorage|sessionStorage|cookieStore)\b|\b(?:window|self|globalThis)\.name\b|document\.referrer/)).toEqual([]);
    // By a port, for a service whose answers to calls of our own are cookies, and then only with its signature.
    expect(reading(/document\.cookie/)).toEqual([join('ports', 'act-ports.ts')]);
  });
});

describe('a link that an attacker began', () => {
  /** Somebody follows the address to which the attacker's page was to leave, and signs in there. */
  const followedBy = async (victim: World, person: string): Promise<Tab> => {
    attackersTab.login.linkIdentity({ connectionId: 'google' }).catch(() => undefined);
    await attacker.until(attacker.departureOf(attackersTab));
    const lured = Object.assign(victim.open('/checkout'), { departed: attackersTab.departed });
    return victim.open(await victim.backFrom(lured, () => new Promise(() => undefined), person));
  };
  const isNobodys = async (): Promise<void> => {
    const again = attacker.open('/checkout');
    expect(await attacker.until(again.login.authenticate())).toMatchObject({ subject: theirs, kind: 'guest' });
    expect(await attacker.until(again.login.getIdentities())).toEqual([]);
    const home = world.anotherBrowser();
    const back = await home.signIn(home.open('/checkout'), (login) => login.authenticate({ connectionId: 'google' }), 'ada');
    expect(await home.until(back.login.completeLogin())).toMatchObject({ type: 'signed_in' });
    expect(back.login.getSession()?.subject).not.toBe(theirs);
  };

  it('and a new visitor was lured to finish gains the attacker nothing, and tells the visitor why', async () => {
    const back = await followedBy(world, 'ada');
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'failed', error: { code: 'wrong_browser' } });
    expect(back.login.getSession()).toBeNull();
    await isNobodys();
  });

  it('and a guest was lured to finish leaves both guests as they were', async () => {
    const { subject } = await world.until(world.open().login.authenticate());
    const back = await followedBy(world, 'ada');
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'failed', error: { code: 'wrong_browser' } });
    expect(back.login.getSession()).toMatchObject({ subject, kind: 'guest' });
    await isNobodys();
  });

  it('and finished as themselves is not taken for the one that a guest is just making, which goes on', async () => {
    const tab = world.open('/checkout');
    const { subject } = await world.until(tab.login.authenticate());
    const mine = await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
    const foreign = world.open(await attacker.backFrom(attackersTab, (login) => login.linkIdentity({ connectionId: 'google' }), 'grace'));
    expect(await world.until(foreign.login.completeLogin())).toMatchObject({ type: 'failed', error: { code: 'wrong_browser' } });
    expect(await world.until(world.open(mine).login.completeLogin())).toMatchObject({ type: 'linked', session: { subject } });
    const home = world.anotherBrowser();
    const back = await home.signIn(home.open('/checkout'), (login) => login.authenticate({ connectionId: 'google' }), 'grace');
    await home.until(back.login.completeLogin());
    expect([subject, theirs]).not.toContain(back.login.getSession()?.subject);
  });

  it('and finished as themselves, up to the callback, links nobody else who is sent there', async () => {
    const { subject } = await world.until(world.open().login.authenticate());
    const address = await attacker.backFrom(attackersTab, (login) => login.linkIdentity({ connectionId: 'google' }), 'grace');
    const back = world.open(address);
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'failed', error: { code: 'wrong_browser' } });
    expect(back.login.getSession()).toMatchObject({ subject, kind: 'guest' });
    expect(await world.until(back.login.getIdentities())).toEqual([]);
    expect(world.openId.log.filter(({ route }) => route === 'POST /token')).toEqual([]);
  });
});
