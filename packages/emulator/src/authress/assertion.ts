import { errors, importJWK, jwtVerify, type JWTPayload } from 'jose';
import { isServiceClient, MAX_TOKEN_LENGTH } from '@passerby/shared';
import { Refusal } from './answers.ts';
import type { ServiceClient } from './settings.ts';
import type { World } from './world.ts';

/** The verifier's clock may be this far ahead of ours. */
const CLOCK_TOLERANCE_SECONDS = 5;
/** The vendor's SDK signs for a minute, its newest version for an hour. */
const LONGEST_LIFETIME_SECONDS = 3600;

/**
 * The subject a verifier's assertion names: signed by the service client's key, for this account, from this login host, in time,
 * once, and never the subject of somebody who has signed in. @throws Refusal
 */
export async function redeemAssertion(world: World, client: ServiceClient, assertion: string): Promise<string> {
  const { sub, client_id, iat = 0, exp = 0 } = await verify(world, client, assertion);
  const now = world.clock() / 1000;
  if (client_id !== client.clientId) throw refused('The assertion is of another service client');
  if (iat > now + CLOCK_TOLERANCE_SECONDS || exp - iat > LONGEST_LIFETIME_SECONDS) throw refused('The assertion is of another time');
  if (typeof sub !== 'string' || !/^[\w.:@|~-]{1,128}$/.test(sub) || isServiceClient(sub)) throw refused('The assertion names no subject');
  if (world.identities.isUser(sub)) throw refused('The assertion names a subject that has signed in');

  // What was signed, without the signature: a signature can be spelled in more than one way.
  const signed = assertion.slice(0, assertion.lastIndexOf('.'));
  if (world.usedAssertions.has(signed)) throw refused('The assertion was used before');
  world.usedAssertions.set(signed, true, exp * 1000);
  return sub;
}

async function verify(world: World, { clientId, publicJwk }: ServiceClient, assertion: string): Promise<JWTPayload> {
  if (assertion.length > MAX_TOKEN_LENGTH) throw refused('The assertion is too long');
  try {
    const { payload, protectedHeader } = await jwtVerify(assertion, await importJWK({ ...publicJwk }, 'EdDSA'), {
      algorithms: ['EdDSA'],
      typ: 'oauth-authz-req+jwt',
      issuer: `${world.loginOrigin}/v1/clients/${encodeURIComponent(clientId)}`,
      audience: `${world.accountId}.accounts.authress.io`,
      requiredClaims: ['sub', 'iat', 'exp', 'client_id'],
      currentDate: new Date(world.clock()),
    });
    if (protectedHeader.kid !== publicJwk.kid) throw refused('The assertion is of another key');
    if (typeof payload.aud !== 'string') throw refused('The assertion is for more than one audience');
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) throw refused(`The assertion was refused: ${error.code}`);
    throw error;
  }
}

function refused(title: string): Refusal {
  return new Refusal(400, 'InvalidAssertion', title);
}
