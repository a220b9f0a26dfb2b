import { sha256 } from '../random.ts';
import { Refusal } from './answers.ts';
import type { World } from './world.ts';

/** However long a hash is good for, it is remembered a day at most. */
const LONGEST_MEMORY_MS = 86_400_000;

/**
 * Checks the proof of work the browser SDK sends: `v2;{ms};{n};{hash}`, where the hash of `{ms};{n};{values}` begins with `00`.
 * `values` are the request's own, in the SDK's order; empty ones are left out. @throws Refusal
 */
export async function checkAntiAbuseHash(world: World, sent: string | undefined, values: readonly unknown[]): Promise<void> {
  const { antiAbuse, antiAbuseMaxAgeSeconds, antiAbuseReplay } = world.switches;
  if (antiAbuse === 'off' || (antiAbuse === 'optional' && sent === undefined)) return;

  const [, time = '', n = '', hash = ''] = /^v2;(\d{1,15});([1-9]\d{0,8});(00[\w-]{41})$/.exec(sent ?? '') ?? [];
  const words = values.filter(Boolean).map((value) => (Array.isArray(value) ? value.join(',') : String(value)));
  const expected = await sha256(`${time};${n};${words.join('|')}`);
  if (hash === '' || hash !== expected) throw refused('The antiAbuseHash does not fit the request');

  const maxAgeMs = antiAbuseMaxAgeSeconds * 1000;
  if (Math.abs(world.clock() - Number(time)) > maxAgeMs) throw refused('The antiAbuseHash is too old, or from the future');
  if (antiAbuseReplay === 'accepted') return;
  if (world.usedAntiAbuseHashes.has(hash)) throw refused('The antiAbuseHash was used before');
  world.usedAntiAbuseHashes.set(hash, true, world.clock() + Math.min(2 * maxAgeMs, LONGEST_MEMORY_MS));
}

function refused(title: string): Refusal {
  return new Refusal(400, 'InvalidAntiAbuseHash', title, 'invalid_request');
}
