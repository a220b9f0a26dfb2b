import { asObject, optionalText, type Json } from '@passerby/shared';
import { createHash } from 'node:crypto';
import type { AccessToken, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { secondsAhead } from './memory.ts';
import type { GrantNote, World } from './world.ts';

/** What a token says besides who it is about and for whom. */
interface Issue {
  readonly subject: string;
  readonly note: GrantNote;
}

/**
 * The JWT of an access token that the library keeps: its `jti` is the name under which it is kept. So it can be revoked, and be used at
 * the library's endpoints, which take no JWT.
 */
export function accessJwt(world: World, { subject, note, kept }: Issue & { readonly kept: string }): Promise<string> {
  return world.signer.sign({ ...base(world, { subject, note }), nbf: seconds(world), jti: kept });
}

export function idJwt(world: World, { subject, note, clientId, accessToken, claims }: Issue & { readonly clientId: string; readonly accessToken?: string; readonly claims: Json }): Promise<string> {
  return world.signer.sign({
    ...claims, ...base(world, { subject, note }), azp: clientId, client_id: clientId,
    ...(accessToken !== undefined && { at_hash: halfHash(accessToken) }),
  });
}

function base({ issuer, accessTokenSeconds, ...world }: World, { subject, note: { audience, act } }: Issue): Json {
  const iat = seconds(world);
  return { iss: issuer, sub: subject, aud: audience, exp: iat + accessTokenSeconds, iat, ...(act && { act }) };
}

function seconds({ now }: Pick<World, 'now'>): number {
  return Math.floor(now() / 1000);
}

/** The left half of the hash (OpenID Connect Core 3.1.3.6); both our algorithms use SHA-256. */
function halfHash(token: string): string {
  return createHash('sha256').update(token).digest().subarray(0, 16).toString('base64url');
}

/** The access token that somebody holds, as a JWT or as the library's own, while it is good; with what its grant says. */
export async function findAccess(world: World, provider: Provider, token: string): Promise<{ readonly kept: AccessToken; readonly note: GrantNote } | undefined> {
  const kept = await provider.AccessToken.find(await keptName(world, token));
  const note = world.grantNotes.get(kept?.grantId ?? '');
  return kept && note && world.users.find(kept.accountId ?? '') && { kept, note };
}

/** The name under which the library keeps an access token. What is a JWT of somebody else names nothing. */
export async function keptName({ signer }: World, token: string): Promise<string> {
  if (!token.includes('.')) return token;
  return optionalText((await signer.read(token)) ?? {}, 'jti') ?? 'unknown';
}

/** Turns the library's token answers into those of ZITADEL, after it made them. An exchange makes its own. */
export function tokenDresser(world: World): (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void> {
  return async (ctx, next) => {
    await next();
    const { route, entities: { AccessToken: access } = {} } = ctx.oidc ?? {};
    const body = asObject(ctx.body);
    if (!access || !body) return;
    if (route === 'token') ctx.body = await dressed(world, { access, body });
    if (route === 'introspection' && body['active'] === true) ctx.body = { ...inOurTime(world, body), ...forWhom(world, access) };
  };
}

async function dressed(world: World, { access, body }: { access: AccessToken; body: Json }): Promise<Json> {
  const { accountId: subject = '', clientId = '', grantId = '' } = access;
  const note = world.grantNotes.get(grantId) ?? { audience: [clientId, world.projectId] };
  const accessToken = await accessJwt(world, { subject, note, kept: access.jti });
  const idToken = optionalText(body, 'id_token');
  const claims = idToken === undefined ? undefined : await world.signer.read(idToken);
  return {
    ...body, access_token: accessToken,
    ...(claims && { id_token: await idJwt(world, { subject, note, clientId, accessToken, claims: inOurTime(world, claims) }) }),
  };
}

function forWhom({ grantNotes }: World, { grantId = '' }: AccessToken): Json {
  const { audience, act } = grantNotes.get(grantId) ?? {};
  return { aud: audience, ...(act && { act }) };
}

function inOurTime({ now }: World, claims: Json): Json {
  const times = ['auth_time', 'iat', 'exp'].flatMap((name) => (typeof claims[name] === 'number' ? [[name, claims[name] + secondsAhead(now)] as const] : []));
  return { ...claims, ...Object.fromEntries(times) };
}
