import type { AccessToken, Client, ClientCredentials, ClientMetadata, Configuration, interactionPolicy, KoaContextWithOIDC, Provider, RefreshToken } from 'oidc-provider';
import { refusalPage, signedOutPage } from '../pages.ts';
import { accountOf, CLAIMS } from './claims.ts';
import { exchange, EXCHANGE_PARAMETERS, GRANT_MS, REPEATABLE_PARAMETERS, TOKEN_EXCHANGE, type ExchangeContext } from './exchange.ts';
import type { ClockedMemory } from './memory.ts';
import type { ZitadelClient } from './settings.ts';
import { tokenDresser } from './tokens.ts';
import type { World } from './world.ts';

const DAY_SECONDS = 86_400;

export const PATHS = {
  authorization: '/oauth/v2/authorize', token: '/oauth/v2/token', jwks: '/oauth/v2/keys', introspection: '/oauth/v2/introspect', revocation: '/oauth/v2/revoke', userinfo: '/oidc/v1/userinfo', end_session: '/oidc/v1/end_session',
} as const;
export const SIGN_IN = '/ui/login';

type Library = typeof import('oidc-provider');

/** The certified server under ZITADEL's paths. It decides all of the protocol but the token exchange. */
export function makeProvider({ library, clients, world, memory }: { library: Library; clients: readonly ZitadelClient[]; world: World; memory: ClockedMemory }): Provider {
  const configuration: Configuration = {
    adapter: memory.adapter,
    clients: clients.map((client) => toMetadata(client, world.signer.algorithm)),
    jwks: { keys: [world.signer.jwk] },
    routes: PATHS,
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    claims: CLAIMS,
    conformIdTokenClaims: false,
    extraParams: { connection: (ctx) => restoreOfflineAccess(ctx) },
    clientBasedCORS: (_ctx, origin, client) => (client.redirectUris ?? []).some((uri) => new URL(uri).origin === origin),
    findAccount: (_ctx, subject) => accountOf(world, subject),
    interactions: { url: (_ctx, { uid }) => `${SIGN_IN}/${uid}`, policy: prompts(library, world) },
    loadExistingGrant: (ctx) => grantAll(ctx, world),
    rotateRefreshToken: true,
    renderError: (ctx, { error, error_description: reason }) => showPage(ctx, refusalPage({ status: ctx.status, errorCode: error, message: reason ?? 'The sign-in service refused' })),
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => isIntrospectable(world, client, token) },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => takesAllAlong(client, token) },
      rpInitiatedLogout: {
        enabled: true,
        // Nobody sees it: see `answerLogout`.
        logoutSource: (ctx, form) => void (ctx.body = form),
        postLogoutSuccessSource: (ctx) => showPage(ctx, signedOutPage()),
      },
    },
    ttl: {
      AccessToken: world.accessTokenSeconds, IdToken: world.accessTokenSeconds, AuthorizationCode: 300, Interaction: 3600, Session: 30 * DAY_SECONDS,
      // 30 days without a renewal; and 90 at most, when the grant of all renewals ends.
      RefreshToken: 30 * DAY_SECONDS, Grant: GRANT_MS / 1000,
    },
  };
  const provider = new library.Provider(world.issuer, configuration);
  const exchangers = new Set(clients.filter(({ tokenExchange }) => tokenExchange !== 'refused').map(({ clientId }) => clientId));
  provider.registerGrantType(TOKEN_EXCHANGE, (ctx: ExchangeContext) => exchange(ctx, { world, mayExchange: (clientId) => exchangers.has(clientId) }), EXCHANGE_PARAMETERS, REPEATABLE_PARAMETERS);
  provider.use(tokenDresser(world));
  return provider;
}

function toMetadata({ clientId, clientSecret, redirectUris, postLogoutRedirectUris = [] }: ZitadelClient, algorithm: 'RS256' | 'ES256'): ClientMetadata {
  return {
    client_id: clientId,
    ...(clientSecret === undefined ? { token_endpoint_auth_method: 'none' } : { token_endpoint_auth_method: 'client_secret_basic', client_secret: clientSecret }),
    application_type: 'web',
    // The library asks only whether the exchange is a grant at all; which client has it is asked there, for ZITADEL says it in other words.
    grant_types: ['authorization_code', 'refresh_token', TOKEN_EXCHANGE],
    response_types: ['code'],
    redirect_uris: [...redirectUris],
    post_logout_redirect_uris: [...postLogoutRedirectUris],
    id_token_signed_response_alg: algorithm,
    require_auth_time: true,
  };
}

/** The library keeps `offline_access` only where consent is asked for. Here the shop is the person's own, and nobody is asked. */
function restoreOfflineAccess({ oidc, query }: KoaContextWithOIDC): void {
  const asked = String(oidc.body?.['scope'] ?? query['scope'] ?? '').split(' ');
  const { params } = oidc;
  const kept = String(params?.['scope'] ?? '').split(' ').filter((scope) => scope !== '' && scope !== 'offline_access');
  if (params && asked.includes('offline_access')) params['scope'] = [...kept, 'offline_access'].join(' ');
}

/** The prompts besides `login` that a request may ask for. One page answers them all; nobody is asked for consent unless the shop wants it. */
export const OTHER_PROMPTS = ['create', 'select_account', 'consent'] as const;

function prompts({ interactionPolicy: { base, Check, Prompt } }: Library, world: World): interactionPolicy.DefaultPolicy {
  const policy = base();
  policy.remove('consent');
  for (const name of OTHER_PROMPTS) policy.add(new Prompt({ name, requestable: true }), 0);
  policy.get('login')?.checks.add(new Check('other_account', 'another account is asked for', 'login_required', ({ oidc: { session, params, result } }) => {
    const signedIn = world.users.find(session?.accountId ?? '');
    const hint = params?.['login_hint'];
    const isAsked = signedIn !== undefined && (hint === undefined || world.users.findByLoginName(String(hint)) === signedIn);
    return !isAsked && result?.login === undefined;
  }));
  return policy;
}

async function grantAll({ oidc }: KoaContextWithOIDC, world: World): Promise<InstanceType<Provider['Grant']> | undefined> {
  const { client, session, provider, params } = oidc;
  if (!client || session?.accountId === undefined) return undefined;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(String(params?.['scope'] ?? ''));
  const grantId = await grant.save();
  world.grantNotes.set(grantId, { audience: [client.clientId, world.projectId] }, world.now() + GRANT_MS);
  return grant;
}

type AnyToken = AccessToken | ClientCredentials | RefreshToken;

/** An access token of somebody who is still there, meant for the client or its project. */
function isIntrospectable({ users, grantNotes, projectId }: World, { clientId }: Client, token: AnyToken): boolean {
  if (token.kind !== 'AccessToken' || users.find(token.accountId ?? '') === undefined) return false;
  return grantNotes.get(token.grantId ?? '')?.audience.some((one) => one === clientId || one === projectId) === true;
}

/** Whether the whole grant ends with a token, as with a refresh token. An access token ends alone, for which the library has no setting. */
async function takesAllAlong({ clientId }: Client, token: AnyToken): Promise<boolean> {
  if (token.clientId !== clientId) return false;
  if (token.kind === 'AccessToken') await token.destroy();
  return token.kind !== 'AccessToken';
}

async function showPage(ctx: KoaContextWithOIDC, page: Response): Promise<void> {
  ctx.status = page.status;
  for (const [name, value] of page.headers) ctx.set(name, value);
  ctx.body = await page.text();
}
