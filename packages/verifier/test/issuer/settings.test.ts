import { describe, expect, it } from 'vitest';
import { createIssuer, memoryStore, type IssuerSettings } from '../../src/index.ts';
import { Device, makeSigningKey, World } from './support.ts';

const key = makeSigningKey('k');
const settings: IssuerSettings = { issuer: 'https://verifier.shop.example', keys: { keys: [key] }, clientId: 'shop', origins: ['https://shop.example'], store: memoryStore() };

describe('createIssuer', () => {
  const wrong: readonly (readonly [string, Readonly<Record<string, unknown>>, RegExp])[] = [
    ['an issuer on plain http', { issuer: 'http://verifier.shop.example' }, /issuer is not an https address/],
    ['an issuer that is no address', { issuer: 'verifier' }, /issuer is not an https address/],
    ['no issuer', { issuer: undefined }, /issuer is not an https address/],
    ['an issuer with a slash', { issuer: 'https://verifier.shop.example/' }, /write https:\/\/verifier\.shop\.example$/],
    ['an issuer with a slash behind its path', { issuer: 'https://shop.example/guests/' }, /write https:\/\/shop\.example\/guests$/],
    ['an issuer with a query', { issuer: 'https://shop.example/guests?x' }, /write https:\/\/shop\.example\/guests$/],
    ['an issuer with a fragment', { issuer: 'https://shop.example#x' }, /write https:\/\/shop\.example$/],
    ['an issuer with a user', { issuer: 'https://u@shop.example' }, /write https:\/\/shop\.example$/],
    ['an issuer in capitals', { issuer: 'https://SHOP.example' }, /write https:\/\/shop\.example$/],
    ['an issuer with its default port', { issuer: 'https://shop.example:443' }, /write https:\/\/shop\.example$/],
    ['no client', { clientId: undefined }, /clientId is missing/],
    ['an empty client', { clientId: '' }, /clientId is missing/],
    ['a client with a line break', { clientId: 'a\nb' }, /clientId is missing/],
    ['no origins', { origins: undefined }, /origins is missing/],
    ['an empty list of origins', { origins: [] }, /origins is missing/],
    ['every origin', { origins: ['*'] }, /origins holds something/],
    ['an origin with a path', { origins: ['https://shop.example/'] }, /write https:\/\/shop\.example$/],
    ['an origin on plain http', { origins: ['http://shop.example'] }, /origins holds something/],
    ['the null origin', { origins: ['null'] }, /origins holds something/],
    ['an origin that is none', { origins: [1] }, /origins holds something/],
    ['no store', { store: undefined }, /store is missing/],
    ['half a store', { store: { takeTurn: () => 0 } }, /store is missing/],
    ['an empty audience', { audience: '' }, /audience/],
    ['access tokens of eleven minutes', { accessTokenSeconds: 660 }, /accessTokenSeconds is not a whole number from 1 to 600/],
    ['access tokens that never live', { accessTokenSeconds: 0 }, /accessTokenSeconds/],
    ['access tokens of a fraction', { accessTokenSeconds: 0.5 }, /accessTokenSeconds/],
    ['sessions without end', { refreshDays: Infinity }, /refreshDays/],
    ['sessions of no time', { refreshDays: 0 }, /refreshDays/],
    ['tokens of another type', { accessTokenType: 'bearer' }, /accessTokenType/],
    ['an address for an API', { apiOrigin: 'https://api.shop.example/v1' }, /apiOrigin is not an origin: write https:\/\/api\.shop\.example$/],
    ['a short secret for servers', { apiSecret: 'x'.repeat(31) }, /apiSecret is not 32 to 256 letters/],
    ['a secret for servers that is spelled in many ways', { apiSecret: `${'x'.repeat(40)}:+` }, /apiSecret is not/],
    ['an empty secret for servers', { apiSecret: '' }, /apiSecret is not/],
    ['a provider on plain http', { provider: { issuer: 'http://id.shop.example' } }, /provider\.issuer is not an https address/],
    ['a provider without an address', { provider: {} }, /provider\.issuer is not/],
    ['a provider whose keys are on plain http', { provider: { issuer: 'https://id.shop.example', jwksUrl: 'http://id.shop.example/jwks' } }, /provider\.jwksUrl is not/],
    ['a provider that knows no client', { provider: { issuer: 'https://id.shop.example', clientId: '' } }, /clientId is missing/],
    ['no burst per network', { rateLimit: { network: { burst: 0, perSecond: 1 } } }, /rateLimit\.network\.burst/],
    ['no rate per key', { rateLimit: { key: { burst: 1, perSecond: 0 } } }, /rateLimit\.key\.perSecond/],
    ['a captcha that is no function', { captcha: true }, /captcha or allow/],
    ['a rule that is no function', { allow: true }, /captcha or allow/],
    ['no keys', { keys: undefined }, /keys is missing: write \{ keys \} as `passerby-verifier keys generate`/],
    ['an environment without keys', { keys: '' }, /keys is missing/],
    ['keys that are no JSON', { keys: '{' }, /keys is not a JSON Web Key Set/],
    ['a key and not a set', { keys: key }, /keys is not a JSON Web Key Set/],
    ['an empty set', { keys: { keys: [] } }, /keys is empty/],
    ['an RSA key', { keys: { keys: [{ kty: 'RSA', n: 'x', e: 'AQAB', kid: 'k' }] } }, /keys\[0\] is neither/],
    ['a key of another curve', { keys: { keys: [{ ...key, crv: 'P-384' }] } }, /keys\[0\] is neither/],
    ['a key for encryption', { keys: { keys: [{ ...key, use: 'enc' }] } }, /keys\[0\] is neither/],
    ['a key for another algorithm', { keys: { keys: [{ ...key, alg: 'ES512' }] } }, /keys\[0\] is neither/],
    ['a public key in front', { keys: { keys: [{ ...key, d: undefined }] } }, /no private part/],
    ['a key cut short', { keys: { keys: [{ ...key, d: key.d?.slice(1) }] } }, /no private part/],
    ['a key without a name', { keys: { keys: [{ ...key, kid: undefined }] } }, /keys\[0\] has no kid/],
    ['two keys of one name', { keys: { keys: [key, makeSigningKey('k')] } }, /same kid/],
    ['nothing at all', undefined as unknown as Record<string, unknown>, /settings are missing/],
  ];
  it.each(wrong)('with %s throws at once and says what to do', (_, changes, message) => {
    expect(() => createIssuer((changes && { ...settings, ...changes }) as IssuerSettings)).toThrow(message);
  });

  it('never repeats a private key in what it throws', () => {
    const broken = [JSON.stringify({ keys: [key] }).slice(0, -1), { keys: [{ ...key, crv: 'x' }] }, { keys: [{ ...key, kid: ' ' }] }, key, `${JSON.stringify(key)}}`];
    for (const keys of broken) {
      let thrown: unknown;
      try {
        createIssuer({ ...settings, keys: keys as IssuerSettings['keys'] });
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(TypeError);
      expect(JSON.stringify([String(thrown), (thrown as Error).stack, (thrown as Error).cause])).not.toContain(key.d?.slice(0, 8));
    }
  });

  it.each(['https://shop.example/guests', 'https://shop.example:8443/a/b', 'http://localhost:8081', 'http://verifier.shop.localhost:1', 'http://[::1]:1'])('takes %s', (issuer) => {
    expect(() => createIssuer({ ...settings, issuer })).not.toThrow();
  });

  it('takes keys as text, as an environment holds them', () => {
    expect(() => createIssuer({ ...settings, keys: JSON.stringify({ keys: [key] }) })).not.toThrow();
  });

  it('answers nobody with tokens of two different keys in one', async () => {
    for (const type of ['ES256', 'EdDSA'] as const) {
      const mixed = { ...makeSigningKey('mixed', type), d: makeSigningKey('other', type).d };
      const world = new World({ keys: { keys: [mixed] } });
      await expect(world.mint(new Device())).rejects.toThrow(/not of one key/);
    }
  });
});
