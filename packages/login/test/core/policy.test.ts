import { LoginError, type StoredSession } from '@passerby/shared';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextStep, putOffUntil, waitMs } from '../../src/core/policy.ts';
import { emptyRecord, type SessionRecord } from '../../src/core/record.ts';
import { grantOf } from '../support/samples.ts';

const HOUR = 3_600_000;
const session: StoredSession = { ...grantOf('user_guest', 'guest', { lifetimeMs: HOUR }), receivedAt: 0 };
const recordOf = (change: Partial<SessionRecord> = {}): SessionRecord => ({ ...emptyRecord, session, ...change });
const backoff = { attempts: 1, until: 10_000, by: 'us' as const, code: 'server' as const };

describe('a token', () => {
  it('is served until a minute before its end', () => {
    expect(nextStep(recordOf(), 0, HOUR - 60_001, 'explicit')).toBe('serve');
    expect(nextStep(recordOf(), 0, HOUR - 60_000, 'explicit')).toBe('serve_and_refresh');
  });

  it('with a short life is refreshed in its last tenth', () => {
    const short = recordOf({ session: { ...session, lifetimeMs: 100_000 } });
    expect(nextStep(short, 0, 89_999, 'explicit')).toBe('serve');
    expect(nextStep(short, 0, 90_000, 'explicit')).toBe('serve_and_refresh');
  });

  it('that still works is served while a refresh has to wait', () => {
    expect(nextStep(recordOf({ backoff }), 5_000, HOUR - 1, 'explicit')).toBe('serve');
  });

  it('that is over is refreshed, or waited for', () => {
    expect(nextStep(recordOf(), 0, HOUR, 'explicit')).toBe('refresh');
    expect(nextStep(recordOf({ backoff }), 5_000, HOUR, 'explicit')).toBe('wait');
    expect(nextStep(recordOf({ backoff }), 10_000, HOUR, 'explicit')).toBe('refresh');
  });

  it('that nobody renews ends', () => {
    expect(nextStep(recordOf({ session: { ...session, renewal: { type: 'none' } } }), 0, HOUR, 'explicit')).toBe('end');
  });
});

describe('nobody', () => {
  const nobody = recordOf({ session: null });

  it('becomes a guest by a token call only where the app said so', () => {
    expect(nextStep(nobody, 0, 0, 'explicit')).toBe('login_required');
    expect(nextStep(nobody, 0, 0, 'on-demand')).toBe('start_guest');
  });

  it.each(['signed_out', 'user_expired'] as const)('who was a user (%s) never becomes a guest by a token call', (ended) => {
    expect(nextStep({ ...nobody, ended }, 0, 0, 'on-demand')).toBe('login_required');
  });

  it('whose guest ended may become a guest again', () => {
    expect(nextStep({ ...nobody, ended: 'guest_ended' }, 0, 0, 'on-demand')).toBe('start_guest');
  });
});

describe('the wait after a failure', () => {
  it('is what the service asked for', () => {
    expect(putOffUntil(emptyRecord, new LoginError('rate_limited', '', { retryAfterMs: 120_000 }), 1_000, 0.5)).toEqual({ type: 'put_off', code: 'rate_limited', until: 121_000, by: 'service' });
  });

  it('grows, has full jitter, and never exceeds five minutes', () => {
    fc.assert(fc.property(fc.nat(60), fc.double({ min: 0, max: 1, noNaN: true }), fc.option(fc.nat(10_000_000)), (attempts, random, retryAfterMs) => {
      const record = recordOf({ backoff: { attempts, until: 0, by: 'us', code: 'server' } });
      const { until } = putOffUntil(record, new LoginError('server', '', { retryAfterMs: retryAfterMs ?? undefined }), 0, random);
      // Never at once: a service that fails in no time would be asked in a circle.
      expect(until).toBeGreaterThanOrEqual(10);
      expect(until).toBeLessThanOrEqual(300_000);
    }));
  });

  it('does not outlast a clock that was set back a day', () => {
    expect(waitMs(recordOf({ backoff: { attempts: 1, until: 86_400_000, by: 'us', code: 'server' } }), 0)).toBe(0);
  });
});
