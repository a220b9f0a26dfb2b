/** The clients that others publish, unchanged, against the issuer on a Node server. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { afterEach, describe, expect, it } from 'vitest';
import { createIssuer, memoryStore, type IssuerSettings, type Verifier } from '../../src/index.ts';
import { toNodeListener, toRequest } from '../../src/node.ts';
import { claimsOf, CLIENT, GUEST_GRANT, makeSigningKey, SHOP } from './support.ts';

const servers: Server[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }))));

/** The issuer behind a real port, on the path `/guests`; beside it an API that tells who asks. */
async function serve(settings: Partial<IssuerSettings> = {}): Promise<{ readonly issuer: string; readonly origin: string }> {
  const issuers: Verifier[] = [];
  const server = createServer((req, res) => {
    const [verifier] = issuers;
    if (!verifier) return res.end();
    if (req.url !== '/api/cart') return toNodeListener(verifier.handler)(req, res);
    return verifier.verifyToken(toRequest(req)).then(({ subject, kind }) => res.end(JSON.stringify({ subject, kind })), (error: unknown) => res.writeHead(401).end(String(error)));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = `${origin}/guests`;
  issuers.push(createIssuer({ issuer, keys: { keys: [makeSigningKey('k')] }, clientId: CLIENT, origins: [SHOP], store: memoryStore(), apiOrigin: origin, ...settings }));
  return { issuer, origin };
}

describe.each(['Bearer', 'DPoP'] as const)('oauth4webapi, with %s access tokens', (accessTokenType) => {
  const insecure = { [oauth.allowInsecureRequests]: true };
  const client: oauth.Client = { client_id: CLIENT };

  it('discovers, starts a guest, calls the API, renews, and signs out', async () => {
    const { issuer, origin } = await serve({ accessTokenType });
    const url = new URL(issuer);
    const server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure }));
    const keys = await oauth.generateKeyPair('ES256');
    const DPoP = oauth.DPoP(client, keys);

    const asked = await oauth.genericTokenEndpointRequest(server, client, oauth.None(), GUEST_GRANT, {}, { DPoP, headers: { origin: SHOP }, ...insecure });
    const guest = await oauth.processGenericTokenEndpointResponse(server, client, asked);
    const subject = `g_${await DPoP.calculateThumbprint()}`;
    expect([guest.token_type, guest.expires_in, claimsOf(guest.access_token).sub]).toEqual([accessTokenType.toLowerCase(), 600, subject]);

    const called = await oauth.protectedResourceRequest(guest.access_token, 'GET', new URL('/api/cart', origin), undefined, undefined, { ...(accessTokenType === 'DPoP' && { DPoP }), ...insecure });
    expect(await called.json()).toEqual({ subject, kind: 'guest' });

    // As an app does it that knows no nonce yet: asked for one, once more.
    const fresh = oauth.DPoP(client, keys);
    const renew = async () => oauth.processRefreshTokenResponse(server, client, await oauth.refreshTokenGrantRequest(server, client, oauth.None(), guest.refresh_token ?? '', { DPoP: fresh, ...insecure }));
    const renewed = await renew().catch((error: unknown) => { expect(oauth.isDPoPNonceError(error)).toBe(true); return renew(); });
    expect(claimsOf(renewed.access_token).sub).toBe(subject);
    expect(renewed.refresh_token).toEqual(expect.any(String));

    await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, oauth.None(), renewed.refresh_token ?? '', insecure));
    await expect(renew()).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('tells a foreign page why it gets nothing', async () => {
    const { issuer } = await serve({ accessTokenType });
    const url = new URL(issuer);
    const server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure }));
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
    const asked = await oauth.genericTokenEndpointRequest(server, client, oauth.None(), GUEST_GRANT, {}, { DPoP, headers: { origin: 'https://evil.example' }, ...insecure });
    await expect(oauth.processGenericTokenEndpointResponse(server, client, asked)).rejects.toMatchObject({ error: 'unauthorized_client', status: 403 });
  });
});

describe('openid-client', () => {
  it('discovers, starts a guest, renews, and signs out', async () => {
    const { issuer } = await serve();
    const config = await openid.discovery(new URL(issuer), CLIENT, undefined, openid.None(), { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] });
    config[openid.customFetch] = (url, { body, headers, method, signal }) => fetch(url, { method, headers: { ...headers, origin: SHOP }, body: String(body), ...(signal && { signal }) });
    const keys = await openid.randomDPoPKeyPair('ES256');
    const guest = await openid.genericGrantRequest(config, GUEST_GRANT, {}, { DPoP: openid.getDPoPHandle(config, keys) });
    expect(claimsOf(guest.access_token)['kind']).toBe('guest');
    // It sends the request again by itself where it is asked for a nonce.
    const renewed = await openid.refreshTokenGrant(config, guest.refresh_token ?? '', {}, { DPoP: openid.getDPoPHandle(config, keys) });
    expect(claimsOf(renewed.access_token).sub).toBe(claimsOf(guest.access_token).sub);
    await openid.tokenRevocation(config, guest.refresh_token ?? '');
    await expect(openid.refreshTokenGrant(config, guest.refresh_token ?? '', {}, { DPoP: openid.getDPoPHandle(config, keys) })).rejects.toMatchObject({ error: 'invalid_grant' });
  });
});
