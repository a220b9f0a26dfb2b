import { isLoginError, type LoginError } from '@passerby/shared';
import { describe, expect, it } from 'vitest';
import { judge } from '../../src/core/answers.ts';

const failure = (status: number, body: string): LoginError => {
  try {
    judge({ status, body, retryAfter: null }, 0, () => true);
  } catch (error) {
    if (isLoginError(error)) return error;
    throw error;
  }
  throw new Error(`${status} was taken for a success`);
};

describe('a service that takes every word for a refusal', () => {
  it.each([300, 302, 500, 503, 408, 425, 429])('does not end a guest by %i, whatever the body says', (status) => {
    expect(failure(status, '{"error":"invalid_grant"}').code).not.toBe('grant_refused');
  });

  it.each(['invalid_client', 'unauthorized_client'])('does not end a guest because the app is called wrongly (%s)', (error) => {
    expect(failure(401, JSON.stringify({ error })).code).toBe('config_invalid');
    expect(failure(400, JSON.stringify({ error })).code).toBe('config_invalid');
  });

  it('does not end a guest without a word', () => {
    expect(failure(400, '{}').code).toBe('response_invalid');
  });
});

it('an answer longer than any answer is not read, and the guest stays', () => {
  expect(failure(200, `{"access_token":"${'x'.repeat(262_144)}"}`)).toMatchObject({ code: 'response_invalid', retryable: true });
});
