import { SignJWT } from 'jose';
import type { AccessKey } from './access-key.ts';

/** How long Authress may take to read the assertion: a redirect's time. */
const LIFETIME_SECONDS = 60;
const GUEST_ID_BYTES = 20;
const ASSERTION_ID_BYTES = 16;

export interface AssertionParts {
  readonly loginUrl: string;
  readonly accessKey: AccessKey;
  random(bytes: Uint8Array<ArrayBuffer>): void;
  now(): number;
}

/**
 * Makes a guest's ID and signs it for Authress, as its own SDK's `generateUserLoginUrl` does, with a `jti` besides.
 * The ID is made here and nowhere else: an ID that somebody chose could be somebody's.
 */
export async function signAssertion({ loginUrl, accessKey, random, now }: AssertionParts): Promise<{ readonly code: string; readonly issuer: string }> {
  const issuer = `${loginUrl}/v1/clients/${accessKey.clientId}`;
  const issuedAtSeconds = Math.floor(now() / 1000);
  const claims = {
    aud: `${accessKey.accountId}.accounts.authress.io`,
    iss: issuer,
    sub: `user_${randomText(random, GUEST_ID_BYTES)}`,
    client_id: accessKey.clientId,
    iat: issuedAtSeconds,
    exp: issuedAtSeconds + LIFETIME_SECONDS,
    max_age: LIFETIME_SECONDS,
    scope: 'openid',
    jti: randomText(random, ASSERTION_ID_BYTES),
  };
  const header = { alg: 'EdDSA', kid: accessKey.keyId, typ: 'oauth-authz-req+jwt' };
  return { code: await new SignJWT(claims).setProtectedHeader(header).sign(await accessKey.signingKey()), issuer };
}

/** Random bytes as lower-case base32 (RFC 4648 §6), five bits a character: no time in it, no case to lose. */
function randomText(random: AssertionParts['random'], length: number): string {
  const bytes = new Uint8Array(length);
  random(bytes);
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => 'abcdefghijklmnopqrstuvwxyz234567'.charAt(parseInt(five.padEnd(5, '0'), 2))).join('');
}
