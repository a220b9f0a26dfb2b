import { describe, expect, it } from 'vitest';
import { AT_HOME, CLIENT, Device, errorOf, GUEST_GRANT, ISSUER, makeSigningKey, SHOP, World } from './support.ts';

const FORM = 'application/x-www-form-urlencoded';
const wellKnown = '/.well-known/oauth-authorization-server';

describe('discovery', () => {
  it('says what there is, for anybody, for five minutes', async () => {
    const answer = await new World().ask(wellKnown);
    expect(await answer.json()).toEqual({
      issuer: ISSUER, token_endpoint: `${ISSUER}/token`, revocation_endpoint: `${ISSUER}/revoke`, jwks_uri: `${ISSUER}/jwks`, response_types_supported: [],
      grant_types_supported: expect.arrayContaining([GUEST_GRANT, 'refresh_token']), token_endpoint_auth_methods_supported: ['none'],
      revocation_endpoint_auth_methods_supported: ['none'], dpop_signing_alg_values_supported: ['ES256'],
    });
    expect([answer.headers.get('access-control-allow-origin'), answer.headers.get('cache-control')]).toEqual(['*', 'public, max-age=300']);
  });

  it('of an issuer with a path is between host and path (RFC 8414 §3.1), and nowhere else', async () => {
    const world = new World({ issuer: 'https://shop.example/a/guests' });
    expect(await (await world.ask(`${wellKnown}/a/guests`)).json()).toMatchObject({ issuer: 'https://shop.example/a/guests', token_endpoint: 'https://shop.example/a/guests/token' });
    expect((await world.ask('/a/guests/jwks')).status).toBe(200);
    for (const path of [wellKnown, `/a/guests${wellKnown}`, `${wellKnown}/a/guests/`, '/jwks', '/token', '/a/guests/token/', '/a/guests', '/']) expect((await world.ask(path)).status).toBe(404);
  });

  it.each(['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'])('does not answer %s', async (method) => {
    for (const path of [wellKnown, '/jwks']) {
      const answer = await new World().ask(path, { method });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET']);
    }
  });
});

describe('the published keys', () => {
  it('are all of them, without any private part', async () => {
    const keys = [makeSigningKey('new', 'EdDSA'), makeSigningKey('old')];
    const world = new World({ keys: { keys: keys.map((key) => ({ ...key, note: 'mine', key_ops: ['sign'] })) } });
    const answer = await world.ask('/jwks');
    const [first, second] = keys;
    expect(await answer.json()).toEqual({ keys: [
      { kty: 'OKP', crv: 'Ed25519', x: first?.x, kid: 'new', alg: 'EdDSA', use: 'sig' },
      { kty: 'EC', crv: 'P-256', x: second?.x, y: second?.y, kid: 'old', alg: 'ES256', use: 'sig' },
    ] });
    expect([answer.headers.get('access-control-allow-origin'), answer.headers.get('cache-control')]).toEqual(['*', 'public, max-age=300']);
  });
});

describe('a form', () => {
  const asked = { grant_type: GUEST_GRANT, client_id: CLIENT };
  const send = (body: RequestInit['body'] | undefined, type: string | null = FORM, headers: Readonly<Record<string, string>> = {}) => {
    const world = new World();
    const answer = world.ask('/token', { method: 'POST', headers: { origin: SHOP, ...(type !== null && { 'content-type': type }), ...headers }, ...(body !== undefined && { body }) });
    return answer.then(async (it) => [...(await errorOf(it)), world.turns.length] as const);
  };

  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x', `${FORM}; charset=utf-16`, `${FORM}x`, `text/plain, ${FORM}`, `${FORM};charset=UTF-8;x=y`, `${FORM}, ${FORM}`, ''])('is not one of type %j', async (type) => {
    expect(await send(String(new URLSearchParams(asked)), type)).toEqual([415, 'invalid_request', 0]);
  });

  it('is not compressed', async () => {
    expect(await send(String(new URLSearchParams(asked)), FORM, { 'content-encoding': 'gzip' })).toEqual([415, 'invalid_request', 0]);
  });

  it.each([FORM, `${FORM};charset=UTF-8`, `${FORM}; charset=utf-8`, 'Application/X-WWW-Form-Urlencoded; charset="utf-8"'])('is one of type %s', async (type) => {
    expect(await send(String(new URLSearchParams(asked)), type)).toEqual([400, 'invalid_dpop_proof', 1]);
  });

  it('of more than 16 KiB is not read to its end, whatever it says of its length', async () => {
    let pulled = 0;
    const body = new ReadableStream({ pull: (controller) => { pulled += 1; controller.enqueue(new TextEncoder().encode('x'.repeat(1_024))); } });
    const world = new World();
    const request = new Request('http://localhost/token', { method: 'POST', headers: { origin: SHOP, 'content-type': FORM, 'content-length': '5' }, body, duplex: 'half' } as RequestInit);
    expect(await errorOf(await world.issuer.handler(request, { clientAddress: AT_HOME }))).toEqual([413, 'invalid_request']);
    expect(pulled).toBeLessThan(25);
  });

  it('of 16 KiB is read, of one byte more is not', async () => {
    const start = `${new URLSearchParams(asked)}&x=`;
    expect(await send(start.padEnd(16_384, 'x'))).toEqual([400, 'invalid_dpop_proof', 1]);
    expect(await send(start.padEnd(16_385, 'x'))).toEqual([413, 'invalid_request', 0]);
  });

  it.each(['client_id', 'grant_type', 'dpop', 'unheard_of', 'c%6Cient_id'])('with %s twice is refused', async (name) => {
    expect(await send(`${new URLSearchParams({ ...asked, dpop: 'x', unheard_of: 'x' })}&${name}=x`)).toEqual([400, 'invalid_request', 0]);
  });

  it('with nothing in it is refused', async () => {
    for (const body of [undefined, '', '&', '=', '=&x']) expect(await send(body)).toEqual([400, 'invalid_request', 0]);
  });

  it('that is no UTF-8 is refused', async () => {
    expect(await send(new Uint8Array([0x61, 0x3d, 0xff]))).toEqual([400, 'invalid_request', 0]);
  });

  it.each([[{ client_id: '' }, 400, 'invalid_request'], [{ client_id: 'Shop' }, 401, 'invalid_client'], [{ client_id: 'shop ' }, 401, 'invalid_client'], [{ grant_type: '' }, 400, 'invalid_request'], [{ grant_type: 'password' }, 400, 'unsupported_grant_type'], [{ grant_type: 'constructor' }, 400, 'unsupported_grant_type']])('with %j is refused', async (changes, status, error) => {
    expect(await send(String(new URLSearchParams({ ...asked, ...changes })))).toEqual([status, error, 0]);
  });

  it('is not looked for in the address', async () => {
    const answer = await new World().post(`/token?${new URLSearchParams({ ...asked, dpop: new Device().proof() })}`, 'x=1');
    expect(await errorOf(answer)).toEqual([400, 'invalid_request']);
  });

  it.each(['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD'])('does not come by %s', async (method) => {
    for (const path of ['/token', '/revoke']) {
      const answer = await new World().ask(path, { method, headers: { origin: SHOP } });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
    }
  });
});

describe('a page on another origin', () => {
  /** What a browser sends without asking first (Fetch §4.8, "CORS-safelisted request-header"). */
  const needsPreflight = ({ method, headers }: Request): boolean => {
    const safe = ['accept', 'accept-language', 'content-language', 'content-type', 'range'];
    const type = headers.get('content-type')?.split(';')[0] ?? '';
    return !['GET', 'HEAD', 'POST'].includes(method) || [...headers.keys()].some((name) => !safe.includes(name)) || ![FORM, 'multipart/form-data', 'text/plain'].includes(type);
  };

  it('gets a guest by one request that needs no preflight, and may read the answer', async () => {
    const world = new World({ origins: [SHOP, 'https://www.shop.example'] });
    // As the page makes it; the browser adds the rest by itself.
    const made = new Request('http://localhost/token', { method: 'POST', body: new URLSearchParams({ grant_type: GUEST_GRANT, client_id: CLIENT, dpop: new Device().proof() }) });
    expect(needsPreflight(made)).toBe(false);
    for (const [name, value] of Object.entries({ origin: 'https://www.shop.example', 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'same-site' })) made.headers.set(name, value);
    const answer = await world.issuer.handler(made, { clientAddress: AT_HOME });
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': 'https://www.shop.example', vary: 'Origin', 'access-control-expose-headers': 'DPoP-Nonce, Retry-After', 'cache-control': 'no-store', 'dpop-nonce': expect.stringMatching(/^\d+\.[\w-]{43}$/),
    });
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it('that sends the proof in the header is let through by the preflight', async () => {
    const world = new World();
    for (const path of ['/token', '/revoke']) {
      const answer = await world.ask(path, { method: 'OPTIONS', headers: { origin: SHOP, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,dpop' } });
      expect(answer.status).toBe(204);
      expect(Object.fromEntries(answer.headers)).toMatchObject({ 'access-control-allow-origin': SHOP, 'access-control-allow-methods': 'POST', 'access-control-allow-headers': 'Content-Type, DPoP', vary: 'Origin' });
    }
    expect(world.turns).toEqual([]);
  });

  it('that is not listed gets no preflight, and may read why it is refused', async () => {
    for (const method of ['OPTIONS', 'POST']) {
      const answer = await new World().ask('/token', { method, headers: { origin: 'https://evil.example' } });
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(await errorOf(answer)).toEqual([403, 'unauthorized_client']);
    }
  });

  it('may read every refusal', async () => {
    const world = new World({ rateLimit: { network: { burst: 1, perSecond: 0.01 } } });
    await world.mint(new Device());
    const limited = await world.mint(new Device());
    expect([limited.status, limited.headers.get('retry-after'), limited.headers.get('access-control-allow-origin')]).toEqual([429, '100', SHOP]);
    for (const answer of [limited, await world.post('/token', 'x=1'), await world.post('/token', { grant_type: 'x' }), await world.post('/token', { grant_type: 'refresh_token', refresh_token: 'x' })]) {
      expect([answer.headers.get('access-control-allow-origin'), answer.headers.get('cache-control'), answer.headers.get('content-type')]).toEqual([SHOP, 'no-store', 'application/json']);
      expect(Object.keys((await answer.json()) as object)).toEqual(['error', 'error_description']);
    }
  });
});
