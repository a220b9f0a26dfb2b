import { describe, expect, it } from 'vitest';
import { Nonces } from '../../src/issuer/nonces.ts';
import { SigningKeys } from '../../src/issuer/signing-keys.ts';
import { makeSigningKey, NOW } from './support.ts';

const SLOT = 600_000;
const key = makeSigningKey('k');
const at = (clock: { ms: number }, keys = [key]) => new Nonces({ keys: new SigningKeys({ keys }), now: () => clock.ms });

describe('a nonce', () => {
  it('counts in its slot and the next, before and after that not', async () => {
    const clock = { ms: NOW - (NOW % SLOT) };
    const nonces = at(clock);
    const nonce = nonces.current();
    const counts: boolean[] = [];
    for (const ms of [0, SLOT - 1, SLOT, 2 * SLOT - 1, 2 * SLOT, -1, 100 * SLOT]) {
      clock.ms = NOW - (NOW % SLOT) + ms;
      counts.push(nonces.isOurs(nonce));
    }
    expect(counts).toEqual([true, true, true, true, false, false, false]);
  });

  it('is the same through its slot, and another in the next', async () => {
    const clock = { ms: NOW - (NOW % SLOT) };
    const nonces = at(clock);
    const first = nonces.current();
    clock.ms += SLOT - 1;
    expect(nonces.current()).toBe(first);
    clock.ms += 1;
    expect(nonces.current()).not.toBe(first);
  });

  it('is known to every instance with the same key, and to nobody else', async () => {
    const clock = { ms: NOW };
    const nonce = at(clock).current();
    expect(at(clock).isOurs(nonce)).toBe(true);
    expect(at(clock, [makeSigningKey('k')]).isOurs(nonce)).toBe(false);
  });

  it('is not made by changing one', async () => {
    const clock = { ms: NOW };
    const nonces = at(clock);
    const nonce = nonces.current();
    const [slot = '', mac = ''] = nonce.split('.');
    const previous = at({ ms: NOW - SLOT }).current();
    const made = [`${Number(slot) - 1}.${mac}`, `${slot}.${previous.split('.')[1]}`, `0${slot}.${mac}`, `${slot}.${mac}=`, `${slot}.${mac.slice(0, -1)}`, `${slot}.`, `.${mac}`, slot, `${nonce} `, `${nonce}\n`, `-${nonce}`, `${slot}.${'A'.repeat(43)}`, '', 'x'.repeat(100_000)];
    expect(made.map((text) => nonces.isOurs(text))).toEqual(made.map(() => false));
    expect(nonces.isOurs(previous)).toBe(true);
  });
});
