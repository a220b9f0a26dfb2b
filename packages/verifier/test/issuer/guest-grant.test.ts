import { describe, expect, it } from 'vitest';
import { memoryStore, type Visit } from '../../src/index.ts';
import { AT_HOME, claimsOf, CLIENT, Device, errorOf, GUEST_GRANT, ISSUER, NOW_SECONDS, SHOP, tokensOf, World } from './support.ts';

describe('a first visit', () => {
  it('is a guest whose subject is their key, with tokens for the shop’s API', async () => {
    const [world, device] = [new World({ audience: 'https://api.shop.example' }), new Device()];
    const { access_token: accessToken, token_type: type, expires_in: seconds } = await world.guest(device);
    expect([type, seconds]).toEqual(['Bearer', 600]);
    expect(claimsOf(accessToken)).toEqual({
      iss: ISSUER, aud: 'https://api.shop.example', sub: device.subject, client_id: CLIENT, iat: NOW_SECONDS, exp: NOW_SECONDS + 600, kind: 'guest', gen: 0,
      jti: expect.stringMatching(/^[\w-]{22}$/), sid: expect.stringMatching(/^[\w-]{22}$/),
    });
    expect(await world.issuer.verifyToken(accessToken)).toMatchObject({ subject: device.subject, kind: 'guest', expiresAt: world.time + 600_000 });
  });

  it('is refused what is for users', async () => {
    const world = new World();
    const { access_token: accessToken } = await world.guest(new Device());
    await expect(world.issuer.requireUser(new Request('https://api.shop.example', { headers: { authorization: `Bearer ${accessToken}` } }))).rejects.toMatchObject({ code: 'user_required' });
  });

  it('tried again is the same guest in a session of its own', async () => {
    const [world, device] = [new World(), new Device()];
    const [one, other] = [claimsOf((await world.guest(device)).access_token), claimsOf((await world.guest(device)).access_token)];
    expect(other.sub).toBe(one.sub);
    expect(other.sid).not.toBe(one.sid);
    expect(other.jti).not.toBe(one.jti);
  });

  it('of two people is two guests', async () => {
    const world = new World();
    expect(claimsOf((await world.guest(new Device())).access_token).sub).not.toBe(claimsOf((await world.guest(new Device())).access_token).sub);
  });

  it('may bring its proof in the header', async () => {
    const [world, device] = [new World(), new Device()];
    const answer = await world.post('/token', { grant_type: GUEST_GRANT }, { origin: SHOP, dpop: device.proof() });
    expect(claimsOf((await tokensOf(answer)).access_token).sub).toBe(device.subject);
  });

  it('brings no proof in both', async () => {
    const [world, device] = [new World(), new Device()];
    expect(await errorOf(await world.mint(device, { headers: { origin: SHOP, dpop: device.proof() } }))).toEqual([400, 'invalid_request']);
  });

  it.each([['no proof', ''], ['nonsense for a proof', 'x.y.z'], ['a proof for another place', new Device().proof({ htu: `${ISSUER}/revoke` })], ['a proof for another method', new Device().proof({ htm: 'GET' })]])('with %s is nobody', async (_, dpop) => {
    expect(await errorOf(await new World().post('/token', { grant_type: GUEST_GRANT, dpop }))).toEqual([400, 'invalid_dpop_proof']);
  });

  it('costs one read and two turns', async () => {
    const [world, device] = [new World(), new Device()];
    await world.guest(device);
    expect(world.turns.map(({ bucket }) => bucket)).toEqual([`network ${AT_HOME}`, `key ${device.thumbprint}`]);
    expect(world.turns.map(({ rate }) => rate)).toEqual([{ burst: 300, perSecond: 1 }, { burst: 30, perSecond: 0.1 }]);
    expect(world.reads).toEqual([device.subject]);
  });

  it('is told the shop’s own limits, and counted per /64', async () => {
    const world = new World({ rateLimit: { network: { burst: 2, perSecond: 1 } } });
    const statuses = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await world.mint(new Device(), { clientAddress: `2001:db8:1:1::${i}` })).status);
    expect(statuses).toEqual([200, 200, 429, 429]);
    expect((await world.mint(new Device(), { clientAddress: '2001:db8:1:2::1' })).status).toBe(200);
  });

  it('on a device whose clock is a day off is a guest after one more request', async () => {
    const [world, device] = [new World(), new Device()];
    const iat = NOW_SECONDS - 86_400;
    const refused = await world.post('/token', { grant_type: GUEST_GRANT, dpop: device.proof({ iat }) });
    const nonce = refused.headers.get('dpop-nonce');
    expect(await errorOf(refused)).toEqual([400, 'use_dpop_nonce']);
    expect((await world.post('/token', { grant_type: GUEST_GRANT, dpop: device.proof({ iat, nonce }) })).status).toBe(200);
  });

  it('has access tokens bound to its key where the shop wants that', async () => {
    const [world, device] = [new World({ accessTokenType: 'DPoP', apiOrigin: 'https://api.shop.example' }), new Device()];
    const { access_token: accessToken, token_type: type } = await world.guest(device);
    expect([type, claimsOf(accessToken)['cnf']]).toEqual(['DPoP', { jkt: device.thumbprint }]);
    await expect(world.issuer.verifyToken(accessToken)).rejects.toMatchObject({ code: 'token_invalid' });
  });
});

describe('ten thousand attempts from one address', () => {
  it('are as many guests as the limit says, and the rest are told when to come back', async () => {
    const world = new World();
    const devices = Array.from({ length: 400 }, () => new Device());
    const proofs = devices.map((device) => device.proof());
    const statuses = new Map<number, number>();
    for (let i = 0; i < 10_000; i += 1) {
      const answer = await world.post('/token', { grant_type: GUEST_GRANT, dpop: proofs[i % proofs.length] ?? '' });
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      if (answer.status === 429) expect(answer.headers.get('retry-after')).toBe('1');
    }
    expect(Object.fromEntries(statuses)).toEqual({ 200: 300, 429: 9_700 });
    world.time += 2_000;
    const later = [await world.mint(new Device()), await world.mint(new Device()), await world.mint(new Device())];
    expect(later.map(({ status }) => status)).toEqual([200, 200, 429]);
  }, 60_000);

  it('with one key are as many grants as a key may have, from however many addresses', async () => {
    const [world, device] = [new World(), new Device()];
    const answers = [];
    for (let i = 0; i < 40; i += 1) answers.push(await world.mint(device, { clientAddress: `198.51.100.${i}` }));
    expect(answers.map(({ status }) => status)).toEqual([...Array<number>(30).fill(200), ...Array<number>(10).fill(429)]);
    expect(answers.at(-1)?.headers.get('retry-after')).toBe('10');
  });
});

describe('a guest who has become a user', () => {
  it('is refused the guest’s grant', async () => {
    const standing = { kind: 'user', generation: 1, revoked: false } as const;
    const world = new World({ store: { ...memoryStore(), standing: () => Promise.resolve(standing) } });
    expect(await errorOf(await world.mint(new Device()))).toEqual([400, 'invalid_grant']);
  });

  it('is told so in the generation of what was issued before', async () => {
    const standing = { kind: 'guest', generation: 3, revoked: false } as const;
    const world = new World({ store: { ...memoryStore(), standing: () => Promise.resolve(standing) } });
    expect(claimsOf((await world.guest(new Device())).access_token)['gen']).toBe(3);
  });
});

describe('the gate', () => {
  it('asks in its order: page, address, proof, key, captcha, own rule', async () => {
    const asked: string[] = [];
    const world = new World({ captcha: () => { asked.push('captcha'); return true; }, allow: () => { asked.push('allow'); return true; } });
    const steps = async (mint: () => Promise<Response>) => {
      [asked.length, world.turns.length, world.reads.length] = [0, 0, 0];
      await mint();
      return [...world.turns.map(({ bucket }) => bucket.split(' ')[0]), ...asked, ...world.reads.map(() => 'read')];
    };
    const device = new Device();
    expect(await steps(() => world.mint(device, { headers: {} }))).toEqual([]);
    expect(await steps(() => world.mint(device, { headers: { origin: 'https://evil.example' } }))).toEqual([]);
    expect(await steps(() => world.mint(device, { form: { dpop: 'x' } }))).toEqual(['network']);
    expect(await steps(() => world.mint(device))).toEqual(['network', 'key']);
    expect(await steps(() => world.mint(device, { form: { captcha_response: 'c' } }))).toEqual(['network', 'key', 'captcha', 'allow', 'read']);
  });

  const no: readonly unknown[] = [false, undefined, 'yes', 1, Promise.resolve(false)];
  it.each(no)('lets nobody in whose captcha is judged %j', async (judged) => {
    const world = new World({ captcha: () => judged as boolean });
    expect(await errorOf(await world.mint(new Device(), { form: { captcha_response: 'c' } }))).toEqual([403, 'captcha_required']);
  });

  it.each(no)('lets nobody in of whom the shop’s rule says %j', async (judged) => {
    expect(await errorOf(await new World({ allow: () => judged as boolean }).mint(new Device()))).toEqual([403, 'access_denied']);
  });

  it('shows the captcha’s response and the visit, and asks nobody where there is none', async () => {
    const seen: [string, string, string | null][] = [];
    const captcha = (response: string, { clientAddress, headers }: Visit) => { seen.push([response, clientAddress, headers.get('origin')]); return Promise.resolve(true); };
    const world = new World({ captcha });
    expect(await errorOf(await world.mint(new Device()))).toEqual([403, 'captcha_required']);
    expect((await world.mint(new Device(), { form: { captcha_response: 'seen' } })).status).toBe(200);
    expect(seen).toEqual([['seen', AT_HOME, SHOP]]);
  });
});
