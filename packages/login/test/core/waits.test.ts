import { LoginError } from '@passerby/shared';
import { describe, expect, it } from 'vitest';
import { endsSession, nextStep, putOffUntil } from '../../src/core/policy.ts';
import { emptyRecord } from '../../src/core/record.ts';

const failed = new LoginError('server', '');
const after = (attempts: number, random: number): number => putOffUntil({ ...emptyRecord, backoff: { attempts, until: 0, by: 'us', code: 'server' } }, failed, 0, random).until;

describe('browsers that failed together', () => {
  it('come back one by one', () => {
    expect([0, 0.25, 0.5, 1].map((random) => after(0, random))).toEqual([10, 125, 250, 500]);
  });

  it('come back later each time, and never later than half a minute', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7, 60].map((attempts) => after(attempts, 1))).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });
});

it('a visitor who is nobody yet waits while the service asks for it, as everybody does', () => {
  const waiting = { ...emptyRecord, backoff: { attempts: 1, until: 10_000, by: 'service' as const, code: 'server' as const } };
  expect(nextStep(waiting, 5_000, 0, 'asked-for')).toBe('wait');
  expect(nextStep(waiting, 10_000, 0, 'asked-for')).toBe('start_guest');
});

it.each(['config_invalid', 'insecure_context', 'session_changed', 'storage_unavailable', 'login_denied', 'callback_invalid', 'network', 'server', 'rate_limited', 'response_invalid'] as const)('a person keeps the session after %s', (code) => {
  expect(endsSession(new LoginError(code, ''))).toBe(false);
});
