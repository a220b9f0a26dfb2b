/**
 * What an HTTP answer means for a session: one pure function, one table. A guest has no password, so an answer that is
 * not a well-formed refusal never ends anything.
 */
import { asObject, LoginError, optionalText, type Json, type LoginErrorCode } from '@passerby/shared';
import { LONGEST_WAIT_MS } from './policy.ts';

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: string;
}

/** Tells whether a 4xx is the service's own word for "this grant is over". */
export type Refusal = (status: number, error: string) => boolean;

/** RFC 6749 §5.2; services with words of their own say so by their `Refusal`. */
export const oauthRefusal: Refusal = (_status, error) => error === 'invalid_grant';

const MAX_BODY_LENGTH = 262_144;

/**
 * The answer's JSON object.
 * @throws LoginError `grant_refused`, `config_invalid`, `rate_limited`, `server`, `response_invalid`
 */
export function judge({ status, retryAfter, body }: Answer, now: number, isRefusal: Refusal): Json {
  const data = body === '' ? {} : parseObject(body);
  if (status >= 200 && status < 300 && data) return data;
  const error = data ? (optionalText(data, 'error') ?? optionalText(data, 'errorCode')) : undefined;
  const code = meaning(status, error, isRefusal);
  throw new LoginError(code, `The identity service answered ${status}${error ? ` (${printable(error)})` : ''}`, {
    status, oauthError: error, retryAfterMs: retryAfterMs(retryAfter, now),
  });
}

function meaning(status: number, error: string | undefined, isRefusal: Refusal): LoginErrorCode {
  if (status === 429) return 'rate_limited';
  if (status === 408 || status === 425 || status >= 500) return 'server';
  if (status < 400 || status > 499 || error === undefined) return 'response_invalid';
  // It wants another nonce even now: between two servers, or two of its slots (RFC 9449 §8).
  if (error === 'use_dpop_nonce') return 'server';
  if (error === 'invalid_client' || error === 'unauthorized_client') return 'config_invalid';
  if (isRefusal(status, error)) return 'grant_refused';
  // The service read the request and found it wrong: the same request will not be right later (RFC 6749 §5.2).
  return status === 400 ? 'config_invalid' : 'response_invalid';
}

/** The JSON object in a body of bearable length, or null. */
export function parseObject(body: string): Json | null {
  if (body.length > MAX_BODY_LENGTH) return null;
  try {
    return asObject(JSON.parse(body));
  } catch (notJson) {
    if (!(notJson instanceof SyntaxError)) throw notJson;
    return null;
  }
}

/** Seconds or an HTTP date (RFC 9110 §10.2.3), at most five minutes. */
function retryAfterMs(value: string | null, now: number): number | undefined {
  if (!value) return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_WAIT_MS);
}

const printable = (error: string): string => error.slice(0, 60).replace(/[^\w .:/-]/g, '?');
