import { describe, expect, it } from 'vitest';
import { memoryStore, type Standing } from '../../src/index.ts';
import { claimsOf, Device, errorOf, ISSUER, makeSigningKey, NOW_SECONDS, SHOP, tokensOf, World } from './support.ts';

const DAY_MS = 86_400_000;

/** A guest with tokens. */
async function visit(world = new World()) {
  const device = new Device();
  return { world, device, tokens: await world.guest(device) };
}

describe('a guest who comes back', () => {
  it('has the same subject and session, new tokens, and as much time again', async () => {
    const { world, device, tokens } = await visit();
    world.time += 89 * DAY_MS;
    const renewed = await tokensOf(await world.renew(device, tokens.refresh_token));
    const [before, after] = [claimsOf(tokens.access_token), claimsOf(renewed.access_token)];
    expect([after.sub, after['sid'], after['kind'], after['gen']]).toEqual([before.sub, before['sid'], 'guest', 0]);
    expect([after.iat, after.jti === before.jti]).toEqual([world.time / 1000, false]);
    world.time += 89 * DAY_MS;
    expect((await world.renew(device, renewed.refresh_token)).status).toBe(200);
  });

  it('may use the token before, because an answer can be lost', async () => {
    const { world, device, tokens } = await visit();
    for (let i = 0; i < 3; i += 1) expect((await world.renew(device, tokens.refresh_token)).status).toBe(200);
  });

  it('after ninety days is too late', async () => {
    const { world, device, tokens } = await visit();
    world.time += 90 * DAY_MS + 61_000;
    expect(await errorOf(await world.renew(device, tokens.refresh_token))).toEqual([400, 'invalid_grant']);
  });

  it('is too late as soon as the shop says that sessions are shorter', async () => {
    const { world, device, tokens } = await visit();
    const shorter = new World({ store: world.store, keys: world.keys, refreshDays: 7 });
    shorter.time = world.time + 8 * DAY_MS;
    expect(await errorOf(await shorter.renew(device, tokens.refresh_token))).toEqual([400, 'invalid_grant']);
  });

  it('costs one read and one turn of its key', async () => {
    const { world, device, tokens } = await visit();
    [world.turns.length, world.reads.length] = [0, 0];
    await world.renew(device, tokens.refresh_token);
    expect([world.turns.map(({ bucket }) => bucket), world.reads]).toEqual([[`key ${device.thumbprint}`], [device.subject]]);
  });

  it('goes on after this server’s clock, which was ahead, was set right', async () => {
    const { world, device, tokens } = await visit();
    world.time -= 3_600_000;
    // The bucket counts as empty then, and gives its first turn ten seconds later.
    expect((await world.renew(device, tokens.refresh_token)).status).toBe(429);
    world.time += 10_000;
    expect((await world.renew(device, tokens.refresh_token)).status).toBe(200);
  });

  it('who asks without end is told to wait', async () => {
    const { world, device, tokens } = await visit();
    const statuses: number[] = [];
    for (let i = 0; i < 40; i += 1) statuses.push((await world.renew(device, tokens.refresh_token)).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(29);
    expect(statuses.at(-1)).toBe(429);
  });

  it('is asked for the nonce, and told it', async () => {
    const { world, device, tokens } = await visit();
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token };
    for (const nonce of [undefined, 'x', '6000000.AAAA']) {
      const answer = await world.post('/token', { ...form, dpop: device.proof({ ...(nonce !== undefined && { nonce }) }) });
      expect(answer.headers.get('dpop-nonce')).toBe(await world.nonce());
      expect(await errorOf(answer)).toEqual([400, 'use_dpop_nonce']);
    }
    expect((await world.post('/token', { ...form, dpop: device.proof({ nonce: await world.nonce() }) })).status).toBe(200);
  });

  it('may be on a device whose clock is a day off', async () => {
    const { world, device, tokens } = await visit();
    const dpop = device.proof({ iat: NOW_SECONDS + 86_400, nonce: await world.nonce() });
    expect((await world.post('/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, dpop })).status).toBe(200);
  });

  it('needs no page: an app without an origin renews too', async () => {
    const { world, device, tokens } = await visit();
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, dpop: device.proof({ nonce: await world.nonce() }) };
    expect((await world.post('/token', form, {})).status).toBe(200);
    expect(await errorOf(await world.post('/token', form, { origin: 'https://evil.example' }))).toEqual([403, 'unauthorized_client']);
  });

  it('sends a refresh token', async () => {
    const { world, device } = await visit();
    expect(await errorOf(await world.renew(device, ''))).toEqual([400, 'invalid_request']);
  });
});

describe('a thief with the refresh token', () => {
  it('gets nothing with another key, and the guest goes on', async () => {
    const { world, device, tokens } = await visit();
    for (let i = 0; i < 5; i += 1) expect(await errorOf(await world.renew(new Device(), tokens.refresh_token))).toEqual([400, 'invalid_dpop_proof']);
    expect((await world.renew(device, tokens.refresh_token)).status).toBe(200);
  });

  it('gets nothing with a proof that was sent long ago', async () => {
    const { world, device, tokens } = await visit();
    const dpop = device.proof({ nonce: await world.nonce() });
    world.time += 20 * 60_000;
    expect(await errorOf(await world.post('/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, dpop }))).toEqual([400, 'use_dpop_nonce']);
  });

  it('cannot call an API with it, also where the issuer is the audience', async () => {
    const { world, tokens } = await visit();
    await expect(world.issuer.verifyToken(tokens.refresh_token)).rejects.toMatchObject({ code: 'token_invalid' });
    // An API that only looks at signature, issuer and audience.
    expect([claimsOf(tokens.refresh_token).aud].flat()).not.toContain(claimsOf(tokens.access_token).aud);
  });
});

describe('what is no refresh token of this issuer', () => {
  it.each<[string, (world: World, device: Device) => Promise<string>]>([
    ['an access token', async (world, device) => (await world.guest(device)).access_token],
    ['a bound access token', async (world, device) => tokensOf(await new World({ keys: world.keys, accessTokenType: 'DPoP' }).mint(device)).then((tokens) => tokens.access_token)],
    ['a bound access token for the token endpoint', async (world, device) => tokensOf(await new World({ keys: world.keys, accessTokenType: 'DPoP', audience: `${ISSUER}/token` }).mint(device)).then((tokens) => tokens.access_token)],
    ['one of another issuer with the same keys', async (world, device) => tokensOf(await new World({ keys: world.keys, issuer: `${ISSUER}/b` }).post('/b/token', { grant_type: 'urn:passerby:grant-type:guest', dpop: device.proof({ htu: `${ISSUER}/b/token` }) })).then((tokens) => tokens.refresh_token)],
    ['one of other keys', async (_, device) => (await new World().guest(device)).refresh_token],
    ['one of another key with the same name', async (_, device) => (await new World({ keys: { keys: [makeSigningKey('first')] } }).guest(device)).refresh_token],
    ['one of another client', async (world, device) => tokensOf(await new World({ keys: world.keys, clientId: 'other' }).mint(device, { form: { client_id: 'other' } })).then((tokens) => tokens.refresh_token)],
    ['one with a character changed', async (world, device) => (await world.guest(device)).refresh_token.replace(/.(?=[^.]*\.[^.]*$)/, (c) => (c === 'A' ? 'B' : 'A'))],
    ['one without its signature', async (world, device) => (await world.guest(device)).refresh_token.replace(/[^.]*$/, '')],
    ['one that says it needs none', async (world, device) => [Buffer.from('{"alg":"none","typ":"passerby-refresh+jwt"}').toString('base64url'), (await world.guest(device)).refresh_token.split('.')[1], ''].join('.')],
    ['nonsense', async () => 'nonsense'],
  ])('%s renews nothing', async (_, make) => {
    const [world, device] = [new World(), new Device()];
    expect(await errorOf(await world.renew(device, await make(world, device)))).toEqual([400, 'invalid_grant']);
  });
});

describe('what the store says about a subject', () => {
  const guest: Standing = { kind: 'guest', generation: 1, revoked: false };
  const after = async (changes: Partial<Standing>) => {
    const written = { ...guest };
    const world = new World({ store: { ...memoryStore(), standing: () => Promise.resolve(written) } });
    const { device, tokens } = await visit(world);
    Object.assign(written, changes);
    return world.renew(device, tokens.refresh_token);
  };

  it('lets a session of the present generation go on', async () => expect((await after({})).status).toBe(200));
  it.each<[string, Partial<Standing>]>([['of an older generation', { generation: 2 }], ['of a generation that was undone', { generation: 0 }], ['of a guest who is a user by now', { kind: 'user' }], ['that was revoked', { revoked: true }]])('ends a session %s', async (_, changes) => {
    expect(await errorOf(await after(changes))).toEqual([400, 'invalid_grant']);
  });
});

describe('a page of a browser', () => {
  it('may send the proof in the header', async () => {
    const { world, device, tokens } = await visit();
    const answer = await world.post('/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }, { origin: SHOP, dpop: device.proof({ nonce: await world.nonce() }) });
    expect(answer.status).toBe(200);
  });
});
