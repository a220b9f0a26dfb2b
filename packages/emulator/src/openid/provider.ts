import { exportJWK, generateKeyPair } from 'jose';
import type { ClientMetadata, Configuration, JWK, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { refusalPage, signOutPage, signedOutPage } from '../pages.ts';
import type { Accounts } from './accounts.ts';
import type { Memory } from './memory.ts';
import type { OpenIdClient, OpenIdSettings } from './settings.ts';

const DAY_SECONDS = 86_400;

/** The paths, shown in discovery. What follows one more `/` is a name of one sign-in. */
export const PATHS = { authorization: '/authorize', token: '/token', jwks: '/jwks', userinfo: '/userinfo', end_session: '/logout' } as const;
export const SIGN_IN = '/sign-in';

type Library = typeof import('oidc-provider');

/** The certified server, set up for public clients that use PKCE. It decides all of the protocol. */
export async function makeProvider({ library, settings, accounts, memory }: { library: Library; settings: OpenIdSettings; accounts: Accounts; memory: Memory }): Promise<Provider> {
  const algorithm = settings.idTokenAlgorithm ?? 'RS256';
  const configuration: Configuration = {
    adapter: memory.adapter,
    clients: settings.clients.map((client) => toMetadata(client, algorithm)),
    jwks: { keys: await Promise.all([makeKey('RS256', settings.signingKey), makeKey('ES256')]) },
    routes: PATHS,
    scopes: ['openid', 'profile', 'email'],
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
    // As most providers do: what the scopes ask for is in the ID token too.
    conformIdTokenClaims: false,
    extraParams: { connection: (_ctx, value) => checkConnection(library, settings, value) },
    // The library's own rule is the same, and tells the console that it is only a default.
    clientBasedCORS: (_ctx, origin, client) => (client.redirectUris ?? []).some((uri) => new URL(uri).origin === origin),
    findAccount: (_ctx, subject) => accounts.find(subject),
    interactions: { url: (_ctx, { uid }) => `${SIGN_IN}/${uid}` },
    // Nobody is asked whether the shop may know who they are: it is the shop's own provider.
    loadExistingGrant: (ctx) => grantAll(ctx),
    renderError: (ctx, { error, error_description: reason }) => showPage(ctx, refusalPage({ status: ctx.status, errorCode: error, message: reason ?? 'The sign-in service refused' })),
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => showPage(ctx, signOutPage(form)),
        postLogoutSuccessSource: (ctx) => showPage(ctx, signedOutPage()),
      },
    },
    ttl: { AccessToken: 3600, AuthorizationCode: 60, IdToken: 3600, Interaction: 3600, Session: 14 * DAY_SECONDS, Grant: 14 * DAY_SECONDS },
  };
  return new library.Provider(settings.issuer, configuration);
}

function toMetadata({ clientId, clientSecret, redirectUris, postLogoutRedirectUris = [] }: OpenIdClient, algorithm: 'RS256' | 'ES256'): ClientMetadata {
  return {
    client_id: clientId,
    ...(clientSecret === undefined ? { token_endpoint_auth_method: 'none' } : { token_endpoint_auth_method: 'client_secret_basic', client_secret: clientSecret }),
    // A native client may not have names such as `www.shop.localhost`.
    application_type: 'web',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    redirect_uris: [...redirectUris],
    post_logout_redirect_uris: [...postLogoutRedirectUris],
    id_token_signed_response_alg: algorithm,
    require_auth_time: true,
  };
}

async function makeKey(alg: 'RS256' | 'ES256', pair?: CryptoKeyPair): Promise<JWK> {
  const { privateKey } = pair ?? (await generateKeyPair(alg, { extractable: true }));
  const { kty, ...rest } = await exportJWK(privateKey);
  return { ...rest, ...(kty !== undefined && { kty }), alg, use: 'sig' } as JWK;
}

function checkConnection({ errors }: Library, { connections = [] }: OpenIdSettings, asked: string | undefined): void {
  const isKnown = asked === undefined || connections.some(({ connectionId }) => connectionId === asked);
  if (!isKnown) throw new errors.InvalidRequest('connection names no connection of this provider');
}

async function grantAll({ oidc }: KoaContextWithOIDC): Promise<InstanceType<Provider['Grant']> | undefined> {
  const { client, session, provider, params } = oidc;
  if (!client || session?.accountId === undefined) return undefined;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(String(params?.['scope'] ?? ''));
  await grant.save();
  return grant;
}

/** Puts a page of ours in the place of the library's. */
async function showPage(ctx: KoaContextWithOIDC, page: Response): Promise<void> {
  ctx.status = page.status;
  for (const [name, value] of page.headers) ctx.set(name, value);
  ctx.body = await page.text();
}
