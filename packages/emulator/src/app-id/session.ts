import { refusalPage } from '../pages.ts';
import { json } from './answers.ts';
import { invalidRequest } from './refusal.ts';
import { answerBack } from './return.ts';
import { authenticateClient, readFields } from './token.ts';
import { readAccessToken, requireAccess } from './tokens.ts';
import type { Visit } from './world.ts';

/** `GET /oauth/v4/{tenant}/.well-known/openid-configuration` */
export function discovery({ world: { issuer } }: Visit): Response {
  return json({
    issuer,
    authorization_endpoint: `${issuer}/authorization`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/publickeys`, userinfo_endpoint: `${issuer}/userinfo`,
    introspection_endpoint: `${issuer}/introspect`, revocation_endpoint: `${issuer}/revoke`,
    response_types_supported: ['code'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'], scopes_supported: ['openid'],
    token_endpoint_auth_methods_supported: ['client_secret_basic'], code_challenge_methods_supported: ['S256'],
    claims_supported: ['iss', 'aud', 'exp', 'tenant', 'iat', 'sub', 'nonce', 'amr', 'oauth_client', 'name', 'email', 'email_verified', 'given_name', 'family_name', 'identities'],
  });
}

/** `GET /oauth/v4/{tenant}/publickeys` */
export function publicKeys({ world: { keys } }: Visit): Response {
  return json({ keys: keys.published });
}

/** `GET /oauth/v4/{tenant}/userinfo`, and `POST` */
export async function userInfo(visit: Visit): Promise<Response> {
  const { profile: { id, identity } } = await requireAccess(visit);
  return json({ sub: id, ...(identity && { name: identity.name, email: identity.email }), identities: identity ? [{ provider: identity.provider, id: identity.id }] : [] });
}

/** `POST /oauth/v4/{tenant}/introspect` */
export async function introspect({ request, world }: Visit): Promise<Response> {
  authenticateClient(world, request);
  const { token = '' } = await readFields(request);
  return json({ active: (await readAccessToken(world, token)) !== undefined || world.refreshTokens.has(token) });
}

/** `POST /oauth/v4/{tenant}/revoke`: a refresh token, or an access token. Whatever is neither is over already. */
export async function revoke({ request, world }: Visit): Promise<Response> {
  const { client } = authenticateClient(world, request);
  const { token } = await readFields(request);
  if (token === undefined) throw invalidRequest('The token is missing');
  const held = await readAccessToken(world, token);
  const isTheirs = Array.isArray(held?.claims.aud) && held.claims.aud.includes(client.clientId);
  if (held && isTheirs) world.revoked.set(String(held.claims.jti), 'revoked', Number(held.claims.exp) * 1000);
  if (world.refreshTokens.get(token)?.clientId === client.clientId) world.refreshTokens.delete(token);
  return json({});
}

/** `POST /oauth/v4/{tenant}/activity_logging`: that somebody signed out. No token ends by it. */
export async function logActivity(visit: Visit): Promise<Response> {
  await requireAccess(visit);
  const { eventName } = await readFields(visit.request);
  if (eventName === undefined) throw invalidRequest('The eventName is missing');
  return json({});
}

/** `GET /oauth/v4/{tenant}/cloud_directory/sso/logout`: back to the client; single sign-on is off here, so nothing else ends. */
export function logOut({ url: { searchParams: query }, world }: Visit): Response {
  const redirectUri = query.get('redirect_uri') ?? '';
  const client = world.clients.find(({ clientId }) => clientId === query.get('client_id'));
  if (!client?.redirectUris.includes(redirectUri)) return refusalPage({ status: 400, errorCode: 'invalid_redirect_uri', message: 'The redirect address is not one of the client' });
  return answerBack({ redirectUri, mode: 'query', state: undefined }, {});
}
