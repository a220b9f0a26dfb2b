import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createIssuer, createTokenCheck, type IssuerSettings } from '../../src/index.ts';
import { newKeySet, rotate, type NamedJwk } from '../../src/issuer/new-keys.ts';
import { claimsOf, Device, errorOf, ISSUER, makeSigningKey, World } from './support.ts';

const kidOf = (token: string): unknown => (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: unknown }).kid;
const published = async (world: World) => ((await (await world.ask('/jwks')).json()) as { keys: { kid: string; x: string }[] }).keys;

describe('keys that are rotated', () => {
  it('go on verifying what they signed, and a guest goes on', async () => {
    const [before, device] = [new World(), new Device()];
    const tokens = await before.guest(device);
    const announced = await rotate(JSON.stringify(before.keys));
    const { keys } = await rotate(JSON.stringify({ keys: announced.keys }));
    const after = new World({ keys: { keys }, store: before.store });
    expect((await after.issuer.verifyToken(tokens.access_token)).subject).toBe(device.subject);
    const renewed = (await (await after.renew(device, tokens.refresh_token)).json()) as { access_token: string };
    expect([kidOf(renewed.access_token), claimsOf(renewed.access_token).sub]).toEqual([keys[0]?.kid, device.subject]);
  });

  it('end nobody while the shop starts its processes anew, one after the other', async () => {
    const before = await newKeySet();
    const after = await rotate(JSON.stringify(before));
    const [old, device] = [new World({ keys: before }), new Device()];
    const young = new World({ keys: { keys: after.keys }, store: old.store });
    const tokens = await young.guest(device);
    expect((await old.issuer.verifyToken(tokens.access_token)).subject).toBe(device.subject);
    expect((await old.renew(device, tokens.refresh_token)).status).toBe(200);
    // And by turns: the nonce of the one is good at the other.
    const renewAt = (at: World, nonce: string): Promise<Response> => at.post('/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, dpop: device.proof({ nonce }) });
    expect((await renewAt(old, await young.nonce())).status).toBe(200);
    expect((await renewAt(young, await old.nonce())).status).toBe(200);
  });

  it('are published: the one that signs, the one that will, and the one before', async () => {
    const before = await newKeySet();
    const { keys } = await rotate(JSON.stringify(before));
    expect((await published(new World({ keys: { keys } }))).map(({ kid }) => kid)).toEqual([before.keys[1]?.kid, keys[1]?.kid, before.keys[0]?.kid]);
  });

  it('are four at most', async () => {
    let set = JSON.stringify(await newKeySet());
    const names: string[] = [];
    for (let i = 0; i < 4; i += 1) {
      const { keys, dropped } = await rotate(set);
      names.push(...dropped);
      expect(keys.length).toBe(Math.min(4, i + 3));
      set = JSON.stringify({ keys });
    }
    expect(new Set(names).size).toBe(2);
  });

  it('that are gone verify nothing', async () => {
    const [before, device] = [new World(), new Device()];
    const tokens = await before.guest(device);
    const after = new World();
    await expect(after.issuer.verifyToken(tokens.access_token)).rejects.toMatchObject({ code: 'token_invalid' });
    expect(await errorOf(await after.renew(device, tokens.refresh_token))).toEqual([400, 'invalid_grant']);
  });

  it.each(['ES256', 'EdDSA'] as const)('may be of %s, and whoever has the published ones can check', async (type) => {
    const world = new World({ keys: { keys: [makeSigningKey('k', type)] } });
    const device = new Device();
    const { access_token: token } = await world.guest(device);
    const check = createTokenCheck({ issuer: ISSUER, audience: ISSUER, now: () => world.time, fetch: async (url) => world.ask(new URL(String(url)).pathname) });
    expect(await check.verifyToken(token)).toMatchObject({ subject: device.subject, kind: 'guest' });
  });

  it('are imported once, by the first who needs them', async () => {
    const world = new World();
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.mint(new Device())));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
  });

  it('off their curve are told, and to the shop only', async () => {
    const key = makeSigningKey('k');
    const settings: IssuerSettings = { issuer: ISSUER, keys: { keys: [{ ...key, y: key.x }] }, clientId: 'shop', origins: ['https://shop.example'], store: new World().store };
    expect(() => createIssuer(settings)).not.toThrow();
    await expect(new World({ keys: settings.keys }).mint(new Device())).rejects.toThrow(/no point on its curve|not of one key/);
  });
});

describe('a new key', () => {
  it('is named by its thumbprint', async () => {
    const [{ kid, x, y, d, alg, use } = {}] = (await newKeySet()).keys as readonly Partial<NamedJwk>[];
    expect([kid, alg, use, typeof d]).toEqual([createHash('sha256').update(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y })).digest('base64url'), 'ES256', 'sig', 'string']);
  });
});
