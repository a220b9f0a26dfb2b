import { optionalText } from '@passerby/shared';
import type { Provider } from 'oidc-provider';
import { findAccess } from './tokens.ts';
import type { User } from './users.ts';
import { findProjected, type Act, type World } from './world.ts';

const IETF = 'urn:ietf:params:oauth:token-type:';
export const TOKEN_TYPES = {
  access: `${IETF}access_token`, refresh: `${IETF}refresh_token`, id: `${IETF}id_token`, jwt: `${IETF}jwt`, userId: 'urn:zitadel:params:oauth:token-type:user_id',
} as const;

export const SUBJECT_TYPES: readonly string[] = Object.values(TOKEN_TYPES);
export const ACTOR_TYPES: readonly string[] = [TOKEN_TYPES.access, TOKEN_TYPES.id, TOKEN_TYPES.refresh];

/** What every personal access token may ask for. */
const PAT_SCOPES: readonly string[] = ['openid', 'profile', 'urn:zitadel:iam:user:metadata', 'urn:zitadel:iam:user:resourceowner'];

/** Somebody named by a token that is to be exchanged. */
export interface ExchangeToken {
  readonly user: User;
  readonly scopes: readonly string[];
  readonly audience: readonly string[];
  /** Who already acted for them. */
  readonly act?: Act;
}

interface Desk {
  readonly world: World;
  readonly provider: Provider;
  readonly clientId: string;
}

/** Which check a token failed: `ID=OIDC-lei0O Message=…`. */
export class TokenProblem extends Error {
  override readonly name = 'TokenProblem';
}

/** @throws TokenProblem */
export async function readToken({ token, type, allowed }: { readonly token: string | undefined; readonly type: string | undefined; readonly allowed: readonly string[] }, desk: Desk): Promise<ExchangeToken> {
  if (!token) throw failed('OIDC-lei0O', 'Missing');
  if (!type) throw failed('OIDC-sei9V', 'TypeMissing');
  if (!allowed.includes(type)) throw failed('OIDC-OZ1ie', 'TypeNotAllowed');
  switch (type) {
    case TOKEN_TYPES.access:
      return readAccessToken(token, desk);
    case TOKEN_TYPES.id:
      return readIdToken(token, desk.world);
    case TOKEN_TYPES.userId:
      return { user: known(desk.world, token, 'OIDC-Nee6r'), scopes: [], audience: [] };
    case TOKEN_TYPES.jwt:
      // An assertion signed with a key of the application, and there are no such keys here.
      throw failed('OIDC-eiS6o', 'Invalid');
    default:
      throw failed('OIDC-oda4R', 'TypeNotSupported');
  }
}

async function readAccessToken(token: string, { world, provider, clientId }: Desk): Promise<ExchangeToken> {
  const ours = [clientId, world.projectId];
  const holder = world.serviceAccounts.holderOf(token);
  if (holder) return { user: holder, scopes: PAT_SCOPES, audience: ours };
  const found = await findAccess(world, provider, token);
  if (!found) throw failed('OIDC-Osh3t', 'Invalid');
  const { kept, note } = found;
  if (!note.audience.some((one) => ours.includes(one))) throw failed('OIDC-zi9Y0', 'Invalid');
  return { user: known(world, kept.accountId ?? '', 'OIDC-Osh3t'), scopes: [...kept.scopes], ...note };
}

async function readIdToken(token: string, world: World): Promise<ExchangeToken> {
  const claims = await world.signer.read(token);
  // An access token has a `jti`, and an ID token has none.
  const isOver = typeof claims?.['exp'] !== 'number' || claims['exp'] * 1000 <= world.now();
  if (!claims || isOver || claims['jti'] !== undefined) throw failed('OIDC-Rei0f', 'Invalid');
  const { aud, act } = claims as { aud?: readonly string[]; act?: Act };
  return { user: known(world, optionalText(claims, 'sub') ?? '', 'OIDC-aD0Oo'), scopes: [], audience: aud ?? [], ...(act && { act }) };
}

function known(world: World, userId: string, id: string): User {
  const user = findProjected(world, userId);
  if (!user) throw failed(id, 'Invalid');
  return user;
}

function failed(id: string, name: string): TokenProblem {
  return new TokenProblem(`ID=${id} Message=Errors.TokenExchange.Token.${name}`);
}
