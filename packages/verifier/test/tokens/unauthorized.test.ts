import { describe, expect, it } from 'vitest';
import { Unauthorized, type UnauthorizedCode } from '../../src/index.ts';

describe('the answer to somebody who is not let in', () => {
  it.each<[UnauthorizedCode, number, string | null, string | null]>([
    ['token_missing', 401, 'Bearer realm="passerby"', null],
    ['token_invalid', 401, 'Bearer realm="passerby", error="invalid_token", error_description="Why"', null],
    ['token_expired', 401, 'Bearer realm="passerby", error="invalid_token", error_description="Why"', null],
    ['proof_invalid', 401, 'DPoP realm="passerby", algs="ES256", error="invalid_dpop_proof", error_description="Why"', null],
    ['user_required', 403, 'Bearer realm="passerby", error="insufficient_scope", error_description="Why"', null],
    ['ticket_refused', 403, 'Bearer realm="passerby"', null],
    ['keys_unavailable', 503, null, '30'],
    ['verifier_unavailable', 503, null, '30'],
  ])('for %s is %i with the right headers', async (code, status, challenge, retryAfter) => {
    const error = new Unauthorized(code, 'Why');
    const answer = error.response();
    expect([error.status, answer.status, answer.headers.get('www-authenticate'), answer.headers.get('retry-after')]).toEqual([status, status, challenge, retryAfter]);
    expect([answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual(['application/json', 'no-store']);
    expect(await answer.json()).toEqual({ error: code, reason: 'Why' });
  });

  it('names the other scheme to somebody who sends tokens with proofs, and is otherwise the same', () => {
    const cause = new Error('x');
    const error = new Unauthorized('token_expired', 'Why', { cause });
    const told = error.challengedBy('DPoP');
    expect([told.code, told.status, told.message, told.cause, told.scheme, error.scheme]).toEqual(['token_expired', 401, 'Why', cause, 'DPoP', 'Bearer']);
    expect(told.response().headers.get('www-authenticate')).toBe('DPoP realm="passerby", algs="ES256", error="invalid_token", error_description="Why"');
    expect(new Unauthorized('token_missing', 'Why', { scheme: 'DPoP' }).response().headers.get('www-authenticate')).toBe('DPoP realm="passerby", algs="ES256"');
  });

  it('keeps its header whole whatever the message', () => {
    const answer = new Unauthorized('token_invalid', 'a "quoted" \\ line\r\nset-cookie: x=1 é').response();
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="passerby", error="invalid_token", error_description="a quoted  lineset-cookie: x=1 "');
  });

  it('can be made more than once', async () => {
    const error = new Unauthorized('token_missing', 'Why');
    await error.response().text();
    expect(await error.response().json()).toEqual({ error: 'token_missing', reason: 'Why' });
  });
});
