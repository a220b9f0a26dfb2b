import { describe, expect, it } from 'vitest';
import { createVerifier, type VerifierSettings } from '../src/index.ts';
import { ACCESS_KEY, asking, FakeWorld, LOGIN_URL, makeKey, makeToken } from './fixtures.ts';

const authress = { loginUrl: LOGIN_URL, accessKey: ACCESS_KEY, connections: ['con_google'] };

describe('createVerifier', () => {
  const wrong: readonly (readonly [string, Partial<VerifierSettings>, RegExp])[] = [
    ['a login host on plain http', { authress: { ...authress, loginUrl: 'http://login.shop.example' } }, /loginUrl is not an https address/],
    ['a login host without a scheme', { authress: { ...authress, loginUrl: 'login.shop.example' } }, /loginUrl is not an https address/],
    ['a login host with a path', { authress: { ...authress, loginUrl: `${LOGIN_URL}/login` } }, /write https:\/\/login\.shop\.example$/],
    ['a login host with a slash', { authress: { ...authress, loginUrl: `${LOGIN_URL}/` } }, /write https:\/\/login\.shop\.example$/],
    ['a login host in capitals', { authress: { ...authress, loginUrl: 'https://LOGIN.shop.example' } }, /write https:\/\/login\.shop\.example$/],
    ['a login host with a user', { authress: { ...authress, loginUrl: 'https://u@login.shop.example' } }, /more than an origin/],
    ['a host that only starts like localhost', { authress: { ...authress, loginUrl: 'http://localhost.evil.example' } }, /https/],
    ['keys on plain http', { authress: { ...authress, jwksUrl: 'http://login.shop.example/jwks' } }, /jwksUrl/],
    ['a service client among the connections of users', { authress: { ...authress, connections: ['sc_x'] } }, /only makes guests/],
    ['an empty connection', { authress: { ...authress, connections: [''] } }, /connections/],
    ['no connections', { authress: { loginUrl: LOGIN_URL, accessKey: ACCESS_KEY } as typeof authress }, /connections is missing/],
    ['a service client as the application', { authress: { ...authress, applicationId: 'sc_x' } }, /applicationId/],
    ['an application without a name', { authress: { ...authress, applicationId: '' } }, /applicationId/],
    ['no burst', { rateLimit: { burst: 0, perSecond: 1 } }, /burst/],
    ['no rate', { rateLimit: { burst: 1, perSecond: 0 } }, /perSecond/],
    ['an endless rate', { rateLimit: { burst: 1, perSecond: Infinity } }, /perSecond/],
    ['nothing', { authress: undefined } as unknown as Partial<VerifierSettings>, /authress is missing/],
  ];
  it.each(wrong)('with %s throws at once and says what to do', (_, settings, message) => {
    expect(() => createVerifier({ authress, ...settings })).toThrow(message);
  });

  it.each(['http://localhost:8080', 'http://login.shop.localhost:8080', 'http://127.0.0.1:1', 'http://[::1]:1', 'https://login.shop.example:8443'])('takes %s', (loginUrl) => {
    expect(() => createVerifier({ authress: { ...authress, loginUrl } })).not.toThrow();
  });

  it('asks nobody for anything before the first token', () => {
    const world = new FakeWorld(makeKey('k'));
    world.verifier();
    expect(world.requests).toEqual([]);
  });

  it('asks for keys at the login host, or where it was told', async () => {
    const key = makeKey('k');
    const world = new FakeWorld(key);
    await world.verifier().verifyToken(asking(makeToken(key)));
    await world.verifier({ authress: { ...authress, jwksUrl: 'http://127.0.0.1:8080/keys' } }).verifyToken(asking(makeToken(key)));
    expect(world.requests).toEqual([`${LOGIN_URL}/.well-known/openid-configuration/jwks`, 'http://127.0.0.1:8080/keys']);
  });
});
