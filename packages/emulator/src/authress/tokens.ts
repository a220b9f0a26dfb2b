import type { JWTPayload } from 'jose';
import { isServiceClient } from '@passerby/shared';
import { randomName } from '../random.ts';
import type { Session } from './sessions.ts';
import type { World } from './world.ts';

/** The names are the wire's. */
export interface Tokens {
  readonly access_token: string;
  readonly id_token: string;
  /** Seconds. */
  readonly expires_in: number;
}

/** Fresh tokens of a session, with the claims the vendor's own fixtures show. */
export async function mintTokens(world: World, session: Session): Promise<Tokens> {
  const iat = Math.floor(world.clock() / 1000);
  const common = { iss: world.loginOrigin, sub: session.subject, iat, exp: iat + world.accessTokenLifetimeSeconds };
  const access: JWTPayload = {
    ...common,
    jti: `${session.subject}-${session.ref}|${randomName(12)}`,
    scope: session.scope,
    ...authorizedParty(world, session),
    client_id: session.applicationId,
    aud: [world.accountId, ...session.audiences],
  };
  const { person } = session;
  const id: JWTPayload = { ...common, aud: session.applicationId, ...(person && { name: person.name, email: person.email, email_verified: true }) };
  const [access_token, id_token] = await Promise.all([world.keys.sign(access, 'at+jwt'), world.keys.sign(id, 'JWT')]);
  return { access_token, id_token, expires_in: world.accessTokenLifetimeSeconds };
}

/** The session an access token was minted for, as its `jti` names it. */
export function sessionRefOf({ jti }: JWTPayload): string | undefined {
  return jti && /-([a-z0-9]+)\|[a-z0-9]+$/.exec(jti)?.[1];
}

function authorizedParty(world: World, { connectionId }: Session): { azp?: string } {
  return isServiceClient(connectionId) && world.switches.guestAzp === 'absent' ? {} : { azp: connectionId };
}
