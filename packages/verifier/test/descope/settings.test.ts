import { describe, expect, it } from 'vitest';
import { createDescope, memoryStore, type DescopeSettings } from '../../src/index.ts';
import { SHOP } from './support.ts';

const SECRET = 'K2averysecretkey';
const GOOD: DescopeSettings = { projectId: 'P2passerbyShopInDevelopment', managementKey: SECRET, generation: 'anonymous_jwt', origins: [SHOP], store: memoryStore() };
const OLD: Partial<DescopeSettings> = { generation: 'temporary_user', tenantId: 'T2guests' };
const COOKIES: Partial<DescopeSettings> = { sessions: 'cookies', cookieDomain: 'shop.localhost', baseUrl: 'http://descope.shop.localhost:4601' };

describe('settings', () => {
  it.each<[string, Partial<DescopeSettings>]>([
    ['the least there is', {}], ['the old generation', OLD], ['cookies', COOKIES], ['a renewal in a cookie', { ...COOKIES, sessions: 'refresh_cookie' }],
    ['claims', { claims: ['displayName', 'a_1'], initialClaims: { displayName: 'Guest' }, selectedTenant: 'T2x', refreshDurationSeconds: 180 }], ['32 claims', { claims: Array.from({ length: 32 }, (_, i) => `c${i}`) }],
    ['merging', { ...OLD, identityInUse: 'merge_into_guest' }], ['another place', { managementUrl: 'http://127.0.0.1:1', path: '/a/b' }],
  ])('of %s are taken', (_, changes) => {
    expect(() => createDescope({ ...GOOD, ...changes })).not.toThrow();
  });

  it.each<[RegExp, Record<string, unknown>]>([
    [/projectId/, { projectId: '' }], [/projectId/, { projectId: 'P2x' }], [/projectId/, { projectId: undefined }], [/projectId/, { projectId: `${GOOD.projectId}/..` }],
    [/managementKey/, { managementKey: '' }], [/managementKey/, { managementKey: `${SECRET} ` }], [/managementKey/, { managementKey: `${SECRET}\r\nx: y` }], [/managementKey/, { managementKey: `${SECRET}:x` }],
    [/baseUrl/, { baseUrl: 'http://api.descope.com' }], [/baseUrl/, { baseUrl: 'https://api.descope.com/' }], [/managementUrl/, { managementUrl: 'ftp://x' }],
    [/generation/, { generation: undefined }], [/generation/, { generation: 'new' }], [/origins/, { origins: [] }], [/origins/, { origins: ['*'] }], [/origins/, { origins: [`${SHOP}/`] }], [/path/, { path: '/' }], [/path/, { path: 'auth' }], [/path/, { path: '/auth/' }],
    [/store/, { store: {} }], [/captcha or allow/, { captcha: true }], [/captcha or allow/, { allow: 'yes' }], [/fetch, now or report/, { report: 7 }],
    [/32/, { claims: Array.from({ length: 33 }, (_, i) => `c${i}`) }], [/32/, { claims: ['a', 'a'] }], [/claims/, { claims: 'abc' }], [/a name/, { claims: ['__proto__'] }], [/a name/, { claims: ['a b'] }], [/a name/, { claims: [''] }], [/a name/, { claims: ['a'.repeat(61)] }], [/a name/, { claims: [7] }],
    ...['sub', 'iss', 'exp', 'drn', 'danu', 'DANU', 'tenants', 'dct', 'permissions', 'roles', 'amr', 'rexp', 'email', 'email_verified', 'emailVerified', 'nsec', 'userId', 'login_ids', 'act', 'constructor'].map((name) => [/tokens say themselves/, { claims: [name] }] as [RegExp, Record<string, unknown>]),
    [/initialClaims/, { initialClaims: { other: 'x' } }], [/initialClaims/, { claims: ['a'], initialClaims: { a: '' } }], [/initialClaims/, { claims: ['a'], initialClaims: { a: 'ü'.repeat(257) } }], [/initialClaims/, { claims: ['a'], initialClaims: { a: 1 } }],
    [/initialClaims has more/, { claims: ['a', 'b', 'c', 'd'], initialClaims: Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, 'x'.repeat(505)])) }],
    [/selectedTenant/, { selectedTenant: 'a b' }], [/refreshDurationSeconds/, { refreshDurationSeconds: 0 }], [/refreshDurationSeconds/, { refreshDurationSeconds: 1.5 }],
    [/for temporary_user/, { tenantId: 'T2x' }], [/for temporary_user/, { identityInUse: 'ask' }], [/tenantId is missing/, { generation: 'temporary_user' }], [/for anonymous_jwt/, { ...OLD, initialClaims: {} }], [/identityInUse/, { ...OLD, identityInUse: 'merge' }],
    [/sessions/, { sessions: 'cookie' }], [/cookieDomain is for/, { cookieDomain: 'shop.localhost' }], [/cookieDomain is missing/, { ...COOKIES, cookieDomain: undefined }], [/cookieDomain is missing/, { ...COOKIES, cookieDomain: '.shop.localhost' }], [/cookieDomain is missing/, { ...COOKIES, cookieDomain: 'shop.localhost; Path=/x' }], [/cookieDomain is missing/, { ...COOKIES, cookieDomain: 'localhost' }],
    [/custom domain/, { ...COOKIES, baseUrl: undefined }], [/origins holds a page/, { ...COOKIES, origins: [SHOP, 'https://other.example'] }], [/custom domain/, { ...COOKIES, baseUrl: 'http://evilshop.localhost' }],
    [/rateLimit\.network/, { rateLimit: { network: { burst: 0, perSecond: 1 } } }], [/rateLimit\.subject/, { rateLimit: { subject: { burst: 1, perSecond: 0 } } }],
  ])('are refused at once with %s: %j', (message, changes) => {
    const error = (() => {
      try {
        return createDescope({ ...GOOD, ...changes } as DescopeSettings);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(message);
    expect(String(error)).toMatch(/^TypeError: createDescope: /);
    expect(String(error)).not.toContain(SECRET);
  });

  it('that are missing are told', () => {
    expect(() => createDescope(undefined as unknown as DescopeSettings)).toThrow(/settings are missing/);
  });

  it('know where a project of a region is', async () => {
    const asked: string[] = [];
    const fetch: typeof globalThis.fetch = async (input) => (asked.push(String(input)), new Response('{}'));
    for (const projectId of ['P2passerbyShopInDevelopment', 'Peuc12passerbyShopInDevelopmentX']) {
      await createDescope({ ...GOOD, projectId, fetch }).handler(new Request('https://x/auth/guest', { method: 'POST', headers: { origin: SHOP, 'content-type': 'application/x-www-form-urlencoded' } }), { clientAddress: '' });
    }
    expect(asked).toEqual(['https://api.descope.com/v1/mgmt/auth/anonymous', 'https://api.euc1.descope.com/v1/mgmt/auth/anonymous']);
  });
});
