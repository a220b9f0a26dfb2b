import { refusalPage } from '../pages.ts';
import { answerBack, type Target } from './return.ts';
import { beginSignIn, grantCode, type AuthorizationRequest } from './sign-in.ts';
import { readAccessToken } from './tokens.ts';
import type { Visit, World } from './world.ts';

const ANONYMOUS_IDP = 'appid_anon';

/** `GET /oauth/v4/{tenant}/authorization` */
export async function authorization({ url: { searchParams: query }, world }: Visit): Promise<Response> {
  const client = world.clients.find(({ clientId }) => clientId === query.get('client_id'));
  const redirectUri = query.get('redirect_uri') ?? '';
  // Nobody is sent to an address that is not the client's.
  if (!client) return refusalPage({ status: 400, errorCode: 'invalid_client', message: 'There is no such client' });
  if (!client.redirectUris.includes(redirectUri)) return refusalPage({ status: 400, errorCode: 'invalid_redirect_uri', message: 'The redirect address is not one of the client' });
  const target: Target = { redirectUri, mode: query.get('response_mode') === 'web_message' ? 'web_message' : 'query', state: query.get('state') ?? undefined };
  const challenge = query.get('code_challenge') ?? undefined;
  if (!['code', 'sign_up'].includes(query.get('response_type') ?? '')) return answerBack(target, { error: 'unsupported_response_type', error_description: 'The response_type is code' });
  if (client.secret === undefined && (challenge === undefined || query.get('code_challenge_method') !== 'S256')) {
    return answerBack(target, { error: 'invalid_request', error_description: 'A single-page application needs PKCE with S256' });
  }
  return authorize(world, { client, target, challenge, nonce: query.get('nonce') ?? undefined }, query);
}

async function authorize(world: World, asked: Omit<AuthorizationRequest, 'guestId'>, query: URLSearchParams): Promise<Response> {
  const { target } = asked;
  const token = query.get('appid_access_token');
  const guestId = token === null ? undefined : await findGuest(world, token);
  if (token !== null && guestId === undefined && world.switches.deadAnonymousToken === 'error') {
    return answerBack(target, { error: 'invalid_request', error_code: 'INVALID_ACCESS_TOKEN', error_description: 'The appid_access_token is invalid or over' });
  }
  const idp = query.get('idp');
  if (idp === ANONYMOUS_IDP) return authorizeGuest(world, { ...asked, guestId });
  const provider = world.providers.find((one) => one.idp === idp);
  if (idp !== null && !provider) return answerBack(target, { error: 'invalid_request', error_description: 'There is no such idp' });
  if (query.get('prompt') === 'none') return answerBack(target, { error: 'access_denied', error_description: 'Nobody is signed in' });
  return beginSignIn(world, { ...asked, guestId, provider });
}

/** Without any page: a code at once. */
function authorizeGuest(world: World, asked: AuthorizationRequest): Response {
  const { switches, tenant } = world;
  const isRenewal = asked.guestId !== undefined;
  const isForbidden = tenant.anonymousUsers === 'forbidden' && !(isRenewal && switches.anonymousRenewalWhenForbidden === 'granted');
  if (isForbidden) return answerBack(asked.target, { error: 'access_denied', error_code: 'FORBIDDEN', error_description: 'Anonymous users are not allowed' });
  if (asked.target.mode === 'web_message' && switches.anonymousWebMessage === 'refused') {
    return answerBack(asked.target, { error: 'invalid_request', error_description: 'Anonymous users come by redirect only' });
  }
  return grantCode(world, { ...asked, identity: undefined });
}

/** The anonymous profile of a token that is good; undefined for any other token. */
export async function findGuest(world: World, token: string): Promise<string | undefined> {
  const held = await readAccessToken(world, token);
  return held?.profile.kind === 'anonymous' ? held.profile.id : undefined;
}
