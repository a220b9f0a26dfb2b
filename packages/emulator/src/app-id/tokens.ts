import type { JWTPayload } from 'jose';
import { randomName } from '../random.ts';
import type { Identity, Profile } from './profiles.ts';
import { invalidGrant, Refusal } from './refusal.ts';
import type { AppIdClient } from './settings.ts';
import type { Visit, World } from './world.ts';

/** What a refresh token renews. */
export interface Renewable {
  readonly clientId: string;
  readonly profileId: string;
  readonly kind: 'anonymous' | 'identified';
}

/** An access token that is good, and whose it is. */
export interface Held {
  readonly claims: JWTPayload;
  readonly profile: Profile;
}

const ANONYMOUS = 'appid_anon';
const SCOPE = 'openid appid_default appid_readprofile appid_readuserattr appid_writeuserattr';
const OF_A_USER = `${SCOPE} appid_authenticated`;

/** The answer to a grant. */
export async function issueTokens(world: World, { client, profile, nonce }: { readonly client: AppIdClient; readonly profile: Profile; readonly nonce?: string | undefined }): Promise<Readonly<Record<string, unknown>>> {
  const { tenant, keys } = world;
  const { identity } = profile;
  const lifetime = identity ? tenant.accessTokenSeconds : tenant.anonymousTokenSeconds;
  const iat = Math.floor(world.now() / 1000);
  const claims = {
    iss: world.issuer, aud: [client.clientId], iat, exp: iat + lifetime, tenant: world.tenantId, sub: profile.id, amr: [identity?.provider ?? ANONYMOUS],
  };
  const access = { ...claims, version: 'v4', jti: randomName(), scope: identity ? OF_A_USER : SCOPE };
  const id = { ...claims, ...(nonce !== undefined && { nonce }), ...(identity && profileClaims(identity)), oauth_client: { name: client.clientId, type: client.secret === undefined ? 'singlepageapp' : 'regularwebapp' } };
  return {
    access_token: await keys.sign(access, { ver: 4 }), id_token: await keys.sign(id, { ver: 4 }),
    ...refreshTokenFor(world, client, profile), token_type: 'Bearer', expires_in: lifetime,
  };
}

function refreshTokenFor(world: World, { clientId, secret }: AppIdClient, { id, identity }: Profile): { readonly refresh_token?: string } {
  const { tenant, switches } = world;
  const isOut = tenant.refreshTokens === 'off' || secret === undefined || (!identity && switches.anonRefreshToken === 'no');
  if (isOut) return {};
  const token = randomName(43);
  world.refreshTokens.set(token, { clientId, profileId: id, kind: identity ? 'identified' : 'anonymous' }, world.now() + tenant.refreshTokenSeconds * 1000);
  return { refresh_token: token };
}

function profileClaims({ provider, id, name, email }: Identity): Readonly<Record<string, unknown>> {
  const [given = name, ...rest] = name.split(' ');
  return { name, given_name: given, ...(rest.length > 0 && { family_name: rest.join(' ') }), email, email_verified: true, identities: [{ provider, id }] };
}

/** The profile that a refresh token renews. @throws Refusal */
export function renewableProfile(world: World, client: AppIdClient, token: string): Profile {
  const renewable = world.refreshTokens.get(token);
  const profile = renewable && world.profiles.find(renewable.profileId);
  if (renewable?.clientId !== client.clientId || profile?.kind !== renewable.kind) throw invalidGrant('The refresh token is unknown, or over');
  if (world.switches.refreshTokenReuse === 'refused') world.refreshTokens.delete(token);
  return profile;
}

/** Whoever asks with an access token in `Authorization`. @throws Refusal */
export async function requireAccess({ request, world }: Pick<Visit, 'request' | 'world'>): Promise<Held> {
  const [, token = ''] = /^Bearer (\S+)/i.exec(request.headers.get('authorization') ?? '') ?? [];
  const held = await readAccessToken(world, token);
  if (!held) throw new Refusal(401, 'invalid_token', 'The access token is missing, invalid or over');
  return held;
}

/** Undefined for what is no access token of this tenant, is over, or was a guest's who is a user now. */
export async function readAccessToken(world: World, token: string): Promise<Held | undefined> {
  const claims = await world.keys.read(token, world.now());
  // ID tokens have no scope.
  if (typeof claims?.['scope'] !== 'string' || world.revoked.has(String(claims.jti))) return undefined;
  const profile = world.profiles.find(String(claims.sub));
  const kind = isAnonymous(claims) ? 'anonymous' : 'identified';
  return profile?.kind === kind ? { claims, profile } : undefined;
}

function isAnonymous({ amr }: JWTPayload): boolean {
  return Array.isArray(amr) && amr[0] === ANONYMOUS;
}
