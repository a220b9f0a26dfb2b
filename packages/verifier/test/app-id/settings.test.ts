import { describe, expect, it } from 'vitest';
import { createAppId, createAppIdTokenCheck, memoryStore, type AppIdSettings } from '../../src/index.ts';
import { SHOP } from './support.ts';

const SECRET = 'YSBzZWNyZXQgb2YgdGhlIHNob3A=';
const GOOD: AppIdSettings = { oauthServerUrl: 'https://eu-de.appid.cloud.ibm.com/oauth/v4/0b7a9c-1', clientId: '4b2f-shop', secret: SECRET, origins: [SHOP], store: memoryStore() };

describe('settings', () => {
  it.each<[string, Partial<AppIdSettings>]>([
    ['the least there is', {}], ['everything', { serverUrl: 'http://127.0.0.1:1', guestRedirectUrl: `${SHOP}/callback`, attributes: ['theme', 'a_1'], path: '/a/b', captcha: () => true, allow: () => true, report: () => undefined }],
    ['a store of few words', { store: { takeTurn: async () => 0, guestRow: async () => null, changeGuest: async () => true } }],
  ])('of %s are taken', (_, changes) => {
    expect(() => createAppId({ ...GOOD, ...changes })).not.toThrow();
  });

  it.each<[RegExp, Record<string, unknown>]>([
    [/oauthServerUrl/, { oauthServerUrl: undefined }], [/oauthServerUrl/, { oauthServerUrl: 'http://eu-de.appid.cloud.ibm.com/oauth/v4/t' }], [/oauthServerUrl/, { oauthServerUrl: 'https://eu-de.appid.cloud.ibm.com' }], [/oauthServerUrl/, { oauthServerUrl: 'https://eu-de.appid.cloud.ibm.com/oauth/v3/t' }],
    [/oauthServerUrl/, { oauthServerUrl: `${GOOD.oauthServerUrl}/` }], [/oauthServerUrl/, { oauthServerUrl: `${GOOD.oauthServerUrl}?x` }], [/oauthServerUrl/, { oauthServerUrl: 'https://u@eu-de.appid.cloud.ibm.com/oauth/v4/t' }],
    [/clientId/, { clientId: '' }], [/clientId/, { clientId: 'a:b' }], [/clientId/, { clientId: 7 }], [/secret is missing/, { secret: '' }], [/secret is missing/, { secret: `${SECRET}\r\nx: y` }], [/secret is missing/, { secret: undefined }],
    [/serverUrl/, { serverUrl: 'http://127.0.0.1:1/x' }], [/guestRedirectUrl/, { guestRedirectUrl: 'x' }], [/guestRedirectUrl/, { guestRedirectUrl: `${SHOP}/?a` }], [/guestRedirectUrl/, { guestRedirectUrl: 'http://shop.example/' }],
    [/origins/, { origins: [] }], [/origins/, { origins: ['*'] }], [/origins/, { origins: [`${SHOP}/`] }], [/path/, { path: '/auth/' }], [/store/, { store: {} }], [/store/, { store: { takeTurn: () => 0, guestRow: () => null } }],
    [/captcha or allow/, { captcha: true }], [/captcha or allow/, { allow: 'yes' }], [/report/, { report: 7 }], [/now or fetch/, { now: 7 }], [/attributes is not a list/, { attributes: 'theme' }], [/attributes holds/, { attributes: ['a b'] }], [/tokens say themselves/, { attributes: ['email'] }],
    [/rateLimit\.network/, { rateLimit: { network: { burst: 0, perSecond: 1 } } }], [/rateLimit\.subject/, { rateLimit: { subject: { burst: 1, perSecond: 0 } } }],
  ])('are refused at once with %s: %j', (message, changes) => {
    const error = (() => {
      try {
        return createAppId({ ...GOOD, ...changes } as AppIdSettings);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(message);
    expect(String(error)).not.toContain(SECRET);
  });

  it('that are none are refused in words', () => {
    expect(() => createAppId(undefined as never)).toThrow(/settings are missing/);
    expect(() => createAppIdTokenCheck({ ...GOOD, store: {} as never })).toThrow(/createAppIdTokenCheck: store/);
  });
});
