import { LoginError } from './errors.ts';
import { asObject, MAX_TOKEN_LENGTH, type Json } from './wire.ts';

/**
 * The claims a JWT carries, read without looking at its signature: for tokens that came straight from the configured
 * token endpoint over TLS (OpenID Connect Core §3.1.3.7 item 6). Anything else is verified first.
 * @throws LoginError `response_invalid`
 */
export function readClaims(token: string): Json {
  const payload = token.length <= MAX_TOKEN_LENGTH && /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(token)?.[1];
  try {
    const claims = payload && asObject(JSON.parse(utf8(payload)));
    if (claims) return claims;
  } catch (cause) {
    // The parser's own message quotes its input, so it is not kept as the cause.
    if (!(cause instanceof Error)) throw cause;
  }
  throw new LoginError('response_invalid', 'The service sent a token that is not a JWT');
}

function utf8(base64url: string): string {
  const bytes = Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}
