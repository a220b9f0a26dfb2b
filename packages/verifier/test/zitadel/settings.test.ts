import { describe, expect, it } from 'vitest';
import { createZitadel, memoryStore, type ZitadelSettings } from '../../src/index.ts';
import { newKey } from './support.ts';

const settings: ZitadelSettings = {
  issuer: 'https://shop.zitadel.example', clientId: 'shop', serviceToken: 'very-secret-pat', serviceUserId: '1', organizationId: '2', sealingKeys: [newKey()], origins: ['https://shop.example'], store: memoryStore(), sendCode: () => undefined,
};

describe('createZitadel', () => {
  const wrong: readonly (readonly [string, Readonly<Record<string, unknown>> | undefined, RegExp])[] = [
    ['nothing at all', undefined, /settings are missing/],
    ['an issuer on plain http', { issuer: 'http://shop.zitadel.example' }, /issuer is not the origin/],
    ['an issuer with a slash', { issuer: 'https://shop.zitadel.example/' }, /write https:\/\/shop\.zitadel\.example$/],
    ['an issuer with a path', { issuer: 'https://shop.zitadel.example/x' }, /write https:\/\/shop\.zitadel\.example$/],
    ['no issuer', { issuer: undefined }, /issuer is not the origin/],
    ['a management address with a path', { managementUrl: 'http://127.0.0.1:8080/' }, /managementUrl/],
    ['a foreign scheme for the keys', { jwksUrl: 'file:///keys' }, /jwksUrl/],
    ['no client', { clientId: '' }, /clientId is missing/],
    ['an empty secret', { clientSecret: '' }, /clientSecret/],
    ['no service token', { serviceToken: undefined }, /serviceToken is missing/],
    ['a service token with a line break', { serviceToken: 'very-secret\npat' }, /serviceToken is missing/],
    ['no service account', { serviceUserId: undefined }, /serviceUserId is missing/],
    ['no organization', { organizationId: undefined }, /organizationId is missing/],
    ['an empty audience', { audience: [] }, /audience is empty/],
    ['no sealing keys', { sealingKeys: undefined }, /sealingKeys is missing/],
    ['an empty list of sealing keys', { sealingKeys: [] }, /sealingKeys is missing/],
    ['six sealing keys', { sealingKeys: Array(6).fill(newKey()) }, /one to five/],
    ['a sealing key that is too short', { sealingKeys: ['very-secret'] }, /32 bytes/],
    ['a sealing key that is no text', { sealingKeys: [new Uint8Array(32)] }, /32 bytes/],
    ['no origins', { origins: [] }, /origins is missing/],
    ['every origin', { origins: ['*'] }, /origins holds something/],
    ['an origin with a path', { origins: ['https://shop.example/'] }, /write https:\/\/shop\.example$/],
    ['a path without a slash', { path: 'auth' }, /path is not one/],
    ['a path with a slash behind', { path: '/auth/' }, /path is not one/],
    ['no store', { store: undefined }, /store is missing/],
    ['a store of an older version', { store: { takeTurn: () => 0, standing: () => null, revoke: () => null } }, /store is missing/],
    ['nobody who sends codes', { sendCode: undefined }, /sendCode is missing/],
    ['tokens that are shown to somebody', { tokens: 'shown' }, /tokens is neither/],
    ['guests of no time', { guestDays: 0 }, /guestDays/],
    ['guests for ever', { guestDays: 401 }, /guestDays/],
    ['no burst', { rateLimit: { network: { burst: 0, perSecond: 1 } } }, /rateLimit\.network\.burst/],
    ['no rate', { rateLimit: { subject: { burst: 1, perSecond: 0 } } }, /rateLimit\.subject\.perSecond/],
    ['a captcha that is no function', { captcha: true }, /captcha, allow or report/],
    ['a rule that is no function', { allow: true }, /captcha, allow or report/],
    ['a report that is no function', { report: 'log' }, /captcha, allow or report/],
  ];
  it.each(wrong)('with %s throws at once, says what to do, and repeats no secret', (_, changes, message) => {
    let thrown: unknown;
    try {
      createZitadel((changes && { ...settings, ...changes }) as ZitadelSettings);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(TypeError);
    expect(String(thrown)).toMatch(message);
    expect(String(thrown)).not.toMatch(/very-secret/);
  });

  it.each([{}, { issuer: 'http://login.shop.localhost:4601', managementUrl: 'http://127.0.0.1:4601' }, { path: '/shop/auth' }, { clientSecret: 'a secret with blanks' }, { audience: ['a', 'b'] }])('takes %j', (changes) => {
    expect(() => createZitadel({ ...settings, ...changes })).not.toThrow();
  });

  it('goes by the platform’s clock, dice and fetch where it is told of no other', async () => {
    const zitadel = createZitadel({ ...settings, issuer: 'http://localhost:1', report: () => undefined });
    const answer = await zitadel.handler(new Request('https://shop.example/auth/guest', { method: 'POST', body: '{}', headers: { origin: 'https://shop.example', 'content-type': 'application/json' } }), { clientAddress: '' });
    expect(answer.status).toBe(503);
  });
});
