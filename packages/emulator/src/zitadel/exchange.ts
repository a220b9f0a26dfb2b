import type { Json } from '@passerby/shared';
import type { Client, Provider, TokenEndpointGrantContext } from 'oidc-provider';
import { claimsFor } from './claims.ts';
import { denied, ExchangeRefusal } from './exchange-refusal.ts';
import { allowedAudience, allowedScopes, type Parties } from './exchange-rules.ts';
import { ACTOR_TYPES, readToken, SUBJECT_TYPES, TOKEN_TYPES, TokenProblem, type ExchangeToken } from './exchange-token.ts';
import { mayImpersonate } from './service-accounts.ts';
import { accessJwt, idJwt } from './tokens.ts';
import type { Act, GrantNote, World } from './world.ts';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const EXCHANGE_PARAMETERS: readonly string[] = ['subject_token', 'subject_token_type', 'actor_token', 'actor_token_type', 'requested_token_type', 'scope', 'audience', 'resource'];
export const REPEATABLE_PARAMETERS: readonly string[] = ['audience', 'resource'];

interface Asked {
  readonly subject_token?: string;
  readonly subject_token_type?: string;
  readonly actor_token?: string;
  readonly actor_token_type?: string;
  readonly requested_token_type?: string;
  readonly audience?: string | readonly string[];
}

export type ExchangeContext = TokenEndpointGrantContext<Asked>;

interface Desk {
  readonly world: World;
  readonly provider: Provider;
  readonly client: Client;
  readonly asked: ExchangeContext['oidc']['params'];
}

/** The grant of RFC 8693 as ZITADEL has it. `mayExchange` says which clients have it. */
export async function exchange(ctx: ExchangeContext, { world, mayExchange }: { readonly world: World; readonly mayExchange: (clientId: string) => boolean }): Promise<void> {
  const { provider, client, params: asked } = ctx.oidc;
  try {
    if (!mayExchange(client.clientId)) throw new ExchangeRefusal('unauthorized_client', 'grant_type "urn:ietf:params:oauth:grant-type:token-exchange" not allowed');
    ctx.body = await answer({ world, provider, client, asked });
  } catch (error) {
    if (!(error instanceof ExchangeRefusal)) throw error;
    ctx.status = error.status;
    ctx.body = error.body(world.instance);
  }
}

async function answer(desk: Desk): Promise<Json> {
  const { world, asked } = desk;
  if (!world.instance.oidcTokenExchange) throw new ExchangeRefusal('unsupported_grant_type', 'grant_type not supported');
  if (asked.resource !== undefined) throw new ExchangeRefusal('invalid_target', 'resource parameter not supported');
  const parties = await readParties(desk);
  const audience = allowedAudience(list(asked.audience), parties);
  const scopes = allowedScopes((asked.scope ?? '').split(' ').filter(Boolean), parties, world.switches);
  const { subject, actor } = parties;
  if (subject !== actor && !mayImpersonate(actor.user, subject.user)) throw denied('Errors.PermissionDenied');
  const act = subject === actor ? subject.act : actedBy(world, actor);
  return issue({ ...desk, subject, scopes, note: { audience, ...(act && { act }) } });
}

async function readParties({ world, provider, client, asked }: Desk): Promise<Parties> {
  const desk = { world, provider, clientId: client.clientId };
  const subject = await readToken({ token: asked.subject_token, type: asked.subject_token_type, allowed: SUBJECT_TYPES }, desk).catch(refusing('subject_token invalid'));
  const needsActor = asked.subject_token_type === TOKEN_TYPES.userId || asked.subject_token_type === TOKEN_TYPES.jwt || Boolean(asked.actor_token);
  if (!needsActor) return { subject, actor: subject };
  if (!world.instance.enableImpersonation) throw denied('Errors.TokenExchange.Impersonation.PolicyDisabled');
  const actor = await readToken({ token: asked.actor_token, type: asked.actor_token_type, allowed: ACTOR_TYPES }, desk).catch(refusing('actor_token invalid'));
  return { subject, actor };
}

function refusing(description: string): (cause: unknown) => never {
  return (cause) => {
    if (!(cause instanceof TokenProblem)) throw cause;
    throw new ExchangeRefusal('invalid_request', description, { cause });
  };
}

function actedBy({ issuer }: World, { user, act }: ExchangeToken): Act {
  return { iss: issuer, sub: user.userId, ...(act && { act }) };
}

interface Issue extends Desk {
  readonly subject: ExchangeToken;
  readonly scopes: readonly string[];
  readonly note: GrantNote;
}

async function issue(order: Issue): Promise<Json> {
  const { world, client, asked, scopes, subject: { user }, note } = order;
  const type = asked.requested_token_type ?? TOKEN_TYPES.access;
  const idToken = (accessToken?: string): Promise<string> =>
    idJwt(world, { subject: user.userId, note, clientId: client.clientId, claims: claimsFor(user, scopes), ...(accessToken !== undefined && { accessToken }) });
  const common = { issued_token_type: type, expires_in: world.accessTokenSeconds, scope: scopes.join(' ') };
  if (type === TOKEN_TYPES.id) return { ...common, access_token: await idToken(), token_type: 'N_A' };
  if (type !== TOKEN_TYPES.access && type !== TOKEN_TYPES.jwt) throw new ExchangeRefusal('invalid_request', 'Errors.TokenExchange.Token.TypeNotSupported');
  const { kept, refreshToken } = await keep(order);
  const accessToken = type === TOKEN_TYPES.jwt ? await accessJwt(world, { subject: user.userId, note, kept }) : kept;
  return {
    ...common, access_token: accessToken, token_type: 'Bearer',
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    ...(scopes.includes('openid') && { id_token: await idToken(accessToken) }),
  };
}

/** Has the library keep the tokens, so that they can be used, renewed and revoked as any others. */
async function keep({ world, provider, client, scopes, subject: { user }, note }: Issue): Promise<{ readonly kept: string; readonly refreshToken?: string }> {
  const scope = scopes.join(' ');
  const accountId = user.userId;
  const grant = new provider.Grant({ clientId: client.clientId, accountId });
  grant.addOIDCScope(scope);
  const grantId = await grant.save();
  world.grantNotes.set(grantId, note, world.now() + GRANT_MS);
  const kept = await new provider.AccessToken({ accountId, client, grantId, gty: 'token-exchange', scope }).save();
  if (!scopes.includes('offline_access')) return { kept };
  return { kept, refreshToken: await new provider.RefreshToken({ accountId, client, grantId, gty: 'token-exchange', scope }).save() };
}

/** As long as a refresh token may be renewed at most. */
export const GRANT_MS = 90 * 86_400_000;

function list(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}
