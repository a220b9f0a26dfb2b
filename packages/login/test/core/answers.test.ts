import { isLoginError, LoginError } from '@passerby/shared';
import { describe, expect, it } from 'vitest';
import { judge, oauthRefusal } from '../../src/core/answers.ts';
import { endsSession } from '../../src/core/policy.ts';

const now = Date.UTC(2026, 0, 1);
const failure = (status: number, body = '', retryAfter: string | null = null): LoginError => {
  try {
    judge({ status, body, retryAfter }, now, oauthRefusal);
  } catch (error) {
    if (isLoginError(error)) return error;
    throw error;
  }
  throw new Error(`${status} was taken for a success`);
};
const html = '<!doctype html><title>Please sign in to this network</title>';

describe('an answer', () => {
  it('with a JSON object is taken', () => {
    expect(judge({ status: 200, body: '{"a":1}', retryAfter: null }, now, oauthRefusal)).toEqual({ a: 1 });
  });

  it.each([
    ['HTML with 200', 200, html, 'response_invalid'], ['null', 200, 'null', 'response_invalid'], ['a list', 200, '[]', 'response_invalid'],
    ['cut JSON', 200, '{"access_token":"a', 'response_invalid'], ['a redirect', 302, '', 'response_invalid'], ['an opaque redirect', 0, '', 'response_invalid'],
    ['a firewall 403', 403, html, 'response_invalid'], ['404 as HTML', 404, html, 'response_invalid'], ['405', 405, html, 'response_invalid'],
    ['401 without an OAuth error', 401, '{}', 'response_invalid'], ['451', 451, html, 'response_invalid'], ['511', 511, html, 'server'],
    ['408', 408, '', 'server'], ['425', 425, '', 'server'], ['429', 429, '', 'rate_limited'], ['500', 500, '{"error":"invalid_grant"}', 'server'],
    ['502', 502, html, 'server'], ['503', 503, '', 'server'], ['504', 504, '', 'server'], ['520', 520, '', 'server'],
    ['a JSON error of a gateway', 403, '{"error":"forbidden"}', 'response_invalid'],
  ])('that is %s keeps the session and may be asked for again', (_name, status, body, code) => {
    const error = failure(status, body);
    expect(error).toMatchObject({ code, retryable: true });
    expect(endsSession(error)).toBe(false);
  });

  it('that is a well-formed refusal ends the session, and nothing else does', () => {
    expect(endsSession(failure(400, '{"error":"invalid_grant"}'))).toBe(true);
  });

  it.each(['invalid_client', 'unauthorized_client', 'invalid_request', 'InvalidConnection'])('that says %s is a mistake of the app and keeps the session', (error) => {
    expect(failure(400, JSON.stringify({ error }))).toMatchObject({ code: 'config_invalid', retryable: false });
  });

  it.each([['120', 120_000], ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000], ['999999', 300_000], ['Wed, 31 Dec 2025 00:00:00 GMT', 0], ['soon', undefined]])('may ask to wait: %s', (value, ms) => {
    expect(failure(429, '', value).retryAfterMs).toBe(ms);
  });

  it('never brings its own text into a message beyond a short code', () => {
    expect(failure(400, JSON.stringify({ error: `<script>${'x'.repeat(500)}` })).message).toBe(`The identity service answered 400 (?script?${'x'.repeat(52)})`);
  });
});
