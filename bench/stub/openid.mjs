/** An OpenID provider for @auth0/auth0-spa-js and oidc-client-ts: whoever comes is signed in at once. Auth0's anonymous sessions too. */
import { html, json, redirect, refused } from './answers.mjs';
import { TOKEN_SECONDS } from './world.mjs';

export function openid(visit) {
  return ROUTES[visit.path]?.(visit) ?? null;
}

const ROUTES = {
  '/.well-known/openid-configuration': ({ origins: { auth } }) => json({
    issuer: auth, authorization_endpoint: `${auth}/authorize`, token_endpoint: `${auth}/oauth/token`, jwks_uri: `${auth}/jwks`, userinfo_endpoint: `${auth}/userinfo`,
    end_session_endpoint: `${auth}/logout`, response_types_supported: ['code'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'], code_challenge_methods_supported: ['S256'],
  }),
  '/jwks': ({ world }) => json({ keys: [world.publicKey] }),
  '/authorize': authorize,
  '/oauth/token': exchange,
  '/anonymous/token': anonymous,
};

function authorize({ query, world, origins }) {
  const code = world.newCode({ nonce: query.get('nonce') ?? undefined, clientId: query.get('client_id') });
  const answer = { code, state: query.get('state') };
  const back = new URL(query.get('redirect_uri') ?? origins.app);
  if (query.get('response_mode') === 'web_message') {
    const message = JSON.stringify({ type: 'authorization_response', response: answer });
    return html(`<!doctype html><script>(window.opener ?? window.parent).postMessage(${message}, ${JSON.stringify(back.origin)})</script>`);
  }
  for (const [name, value] of Object.entries(answer)) back.searchParams.set(name, value);
  return redirect(back);
}

function exchange({ form, world, origins: { auth } }) {
  const isRefresh = form.grant_type === 'refresh_token';
  const details = isRefresh ? {} : world.redeemCode(form.code);
  const next = isRefresh ? world.rotate(form.refresh_token) : details && world.newSession();
  if (!next) return refused({ error: 'invalid_grant', error_description: 'This was used before' });
  const { session, refreshToken } = next;
  const clientId = details.clientId ?? form.client_id;
  // Auth0 calls itself by an address with a slash at the end.
  const iss = clientId.startsWith('auth0') ? `${auth}/` : auth;
  return json({
    token_type: 'Bearer', expires_in: TOKEN_SECONDS, scope: form.scope ?? 'openid offline_access', refresh_token: refreshToken,
    access_token: world.token({ iss, aud: [clientId], sub: session.subject }),
    id_token: world.token({ iss, aud: clientId, sub: session.subject, nonce: details.nonce, auth_time: session.since }),
  });
}

function anonymous({ form, world, origins: { auth } }) {
  const known = world.sessionOf(form.session_token);
  const { session, refreshToken } = known ? { session: known, refreshToken: form.session_token } : world.newSession();
  const tokens = { access_token: world.token({ iss: `${auth}/`, sub: session.subject }), token_type: 'Bearer', expires_in: TOKEN_SECONDS, scope: 'openid', session_token: refreshToken, session_expires_in: 86_400 };
  return json(tokens, { headers: { 'set-cookie': `auth0_anon=${refreshToken}; Path=/; Secure; HttpOnly; SameSite=None` } });
}
