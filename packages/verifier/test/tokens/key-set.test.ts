import { describe, expect, it } from 'vitest';
import { Unauthorized } from '../../src/index.ts';
import { KeySet } from '../../src/tokens/key-set.ts';
import { asking, FakeWorld, GUEST_CLAIMS, makeKey, makeToken, NOW } from '../fixtures.ts';

const OLD = makeKey('old');
const NEW = makeKey('new');
const SECOND = 1_000;
const DAY = 86_400_000;

/** A token that is fresh on the world's clock, however far it has moved. */
function ask(world: FakeWorld, key = OLD) {
  const seconds = Math.floor(world.time / SECOND);
  return asking(makeToken(key, { ...GUEST_CLAIMS, iat: seconds - 1, exp: seconds + 600 }));
}

const codeOf = (work: Promise<unknown>) => work.then(() => 'let in', (error: unknown) => (error instanceof Unauthorized ? error.code : String(error)));
const down = () => Promise.reject(new TypeError('fetch failed'));

describe('the keys', () => {
  it('are asked for once by a thousand first callers', async () => {
    const world = new FakeWorld(OLD);
    const { verifyToken } = world.verifier();
    const callers = await Promise.all(Array.from({ length: 1_000 }, () => verifyToken(ask(world))));
    expect([callers.length, world.requests.length]).toEqual([1_000, 1]);
  });

  it('are asked for again behind the callers every ten minutes', async () => {
    const world = new FakeWorld(OLD);
    const { verifyToken } = world.verifier();
    await verifyToken(ask(world));
    world.time += 600 * SECOND;
    await verifyToken(ask(world));
    expect(world.requests.length).toBe(1);
    world.time += SECOND;
    world.publish(NEW);
    // Served with the key at hand; the one after that knows that it is gone.
    expect(await codeOf(verifyToken(ask(world)))).toBe('let in');
    await expect.poll(() => codeOf(verifyToken(ask(world)))).toBe('token_invalid');
  });
});

describe('jwks-2: unknown keys', () => {
  it('in 10,000 tokens cost at most 2 requests per 30 seconds', async () => {
    const world = new FakeWorld(OLD);
    const { verifyToken } = world.verifier();
    const strangers = Array.from({ length: 100 }, (_, i) => makeKey(`stranger-${i}`));
    for (let round = 0; round < 10; round += 1) {
      const before = world.requests.length;
      const requests = Array.from({ length: 1_000 }, (_, i) => ask(world, strangers[i % 100]));
      const codes = await Promise.all(requests.map((request) => codeOf(verifyToken(request))));
      expect(new Set(codes)).toEqual(new Set(['token_invalid']));
      expect(world.requests.length - before).toBeLessThanOrEqual(2);
      expect(await codeOf(verifyToken(ask(world)))).toBe('let in');
      world.time += 30 * SECOND;
    }
    expect(world.requests.length).toBeLessThanOrEqual(20);
  });

  it('spread over time cost at most 2 requests in any 30 seconds', async () => {
    const world = new FakeWorld(OLD);
    const { verifyToken } = world.verifier();
    const at: number[] = [];
    for (let i = 0; i < 300; i += 1) {
      const before = world.requests.length;
      await codeOf(verifyToken(ask(world, makeKey(`stranger-${i}`))));
      at.push(...Array<number>(world.requests.length - before).fill(world.time));
      world.time += 700;
    }
    for (const start of at) expect(at.filter((time) => time >= start && time < start + 30 * SECOND).length).toBeLessThanOrEqual(2);
  });

  it('that were published a second ago are found with one request more', async () => {
    const world = new FakeWorld(OLD);
    const { verifyToken } = world.verifier();
    await verifyToken(ask(world));
    world.time += SECOND;
    world.publish(OLD, NEW);
    const codes = await Promise.all(Array.from({ length: 100 }, () => codeOf(verifyToken(ask(world, NEW)))));
    expect(new Set(codes)).toEqual(new Set(['let in']));
    expect(world.requests.length).toBe(2);
  });

  it('that were published while the keys were on their way are found too', async () => {
    const world = new FakeWorld(OLD);
    let deliver: (answer: Response) => void = () => undefined;
    world.answer = () => new Promise<Response>((resolve) => { deliver = resolve; });
    const { verifyToken } = world.verifier();
    const first = verifyToken(ask(world));
    await expect.poll(() => world.requests.length).toBe(1);
    const second = verifyToken(ask(world, NEW));
    const late = Response.json({ keys: [OLD.jwk] });
    world.publish(OLD, NEW);
    deliver(late);
    expect([(await first).kind, (await second).kind, world.requests.length]).toEqual(['guest', 'guest', 2]);
  });

  it('are found within 30 seconds of being published, also during a flood', async () => {
    const world = new FakeWorld(OLD);
    const { verifyToken } = world.verifier();
    for (let i = 0; i < 10; i += 1) await codeOf(verifyToken(ask(world, makeKey(`stranger-${i}`))));
    world.publish(OLD, NEW);
    expect(await codeOf(verifyToken(ask(world, NEW)))).toBe('token_invalid');
    world.time += 30 * SECOND;
    expect(await codeOf(verifyToken(ask(world, NEW)))).toBe('let in');
  });
});

describe('jwks-3: while the login host is away', () => {
  const outages: readonly (readonly [string, () => Response | Promise<Response>])[] = [
    ['unreachable', down], ['503', () => new Response('', { status: 503 })], ['304', () => new Response(null, { status: 304 })], ['HTML', () => new Response('<html>')], ['an empty key set', () => Response.json({ keys: [] })],
  ];
  it.each(outages)('(%s) known keys go on for seven days, and not longer', async (_, outage) => {
    const world = new FakeWorld(OLD);
    const { verifyToken } = world.verifier();
    await verifyToken(ask(world));
    world.answer = outage;
    for (const age of [600 * SECOND, 3_600 * SECOND, DAY, DAY + 1, 3 * DAY, 7 * DAY - 1]) {
      world.time = NOW + age;
      expect(await codeOf(verifyToken(ask(world))), `after ${age} ms`).toBe('let in');
    }
    world.time = NOW + 7 * DAY;
    expect(await codeOf(verifyToken(ask(world)))).toBe('keys_unavailable');
    world.publish(OLD);
    world.time += 30 * SECOND;
    expect(await codeOf(verifyToken(ask(world)))).toBe('let in');
  });

  it('unknown keys are not let in, and it is not called their fault', async () => {
    const world = new FakeWorld(OLD);
    const { verifyToken } = world.verifier();
    await verifyToken(ask(world));
    world.answer = down;
    world.time += 31 * SECOND;
    expect(await codeOf(verifyToken(ask(world, NEW)))).toBe('keys_unavailable');
  });

  it('it is asked at most twice in 30 seconds', async () => {
    const world = new FakeWorld(OLD);
    world.answer = down;
    const { verifyToken } = world.verifier();
    for (let i = 0; i < 100; i += 1) expect(await codeOf(verifyToken(ask(world)))).toBe('keys_unavailable');
    expect(world.requests.length).toBe(2);
    world.publish(OLD);
    world.time += 30 * SECOND;
    expect(await codeOf(verifyToken(ask(world)))).toBe('let in');
  });

  it('the caller is told to come back, and the reason is kept for the log', async () => {
    const world = new FakeWorld();
    world.answer = down;
    const error = await world.verifier().verifyToken(ask(world)).then(() => undefined, (reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'keys_unavailable', status: 503, cause: { message: 'fetch failed' } });
  });

  it('a clock that was set back neither locks known keys out nor keeps new ones from being found', async () => {
    const world = new FakeWorld(OLD);
    const { verifyToken } = world.verifier();
    await verifyToken(ask(world));
    await codeOf(verifyToken(ask(world, NEW)));
    world.time -= 3 * DAY;
    expect(await codeOf(verifyToken(ask(world)))).toBe('let in');
    world.publish(OLD, NEW);
    expect(await codeOf(verifyToken(ask(world, NEW)))).toBe('let in');
  });
});

describe('a sign-in just after the provider changed its keys', () => {
  const keyOf = async (): Promise<CryptoKey> => (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])).publicKey;

  it('is put off and not refused, where others asked for keys that nobody has', async () => {
    const clock = { ms: NOW };
    let published = new Map([['old', await keyOf()]]);
    const keys = new KeySet({ download: async () => published, now: () => clock.ms, unknown: 'unavailable' });
    for (let i = 0; i < 10; i += 1) await keys.find(`forged-${i}`).catch(() => null);
    published = new Map([['new', await keyOf()]]);
    await expect(keys.find('new')).rejects.toMatchObject({ code: 'keys_unavailable' });
    clock.ms += 30_000;
    expect(await keys.find('new')).toBe(published.get('new'));
  });

  it('needs no request where there are keys, however many, and also while the provider is away', async () => {
    const clock = { ms: NOW };
    let downloads = 0;
    const keys = new KeySet({
      download: async () => {
        downloads++;
        if (downloads > 1) throw new TypeError('fetch failed');
        return new Map([['a', await keyOf()], ['b', await keyOf()]]);
      },
      now: () => clock.ms, unknown: 'unavailable',
    });
    await keys.ready();
    clock.ms += 6 * DAY;
    await keys.ready();
    expect(downloads).toBe(1);
    clock.ms += 2 * DAY;
    await expect(keys.ready()).rejects.toMatchObject({ code: 'keys_unavailable' });
  });
});
