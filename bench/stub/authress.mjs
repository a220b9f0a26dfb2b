/**
 * Authress, for the published SDK and for ours alike: the request, the way over the verifier and the login host, the exchange, the session cookie.
 * What the two send is not checked: it is the browser that is measured.
 */
import { html, json, redirect, refused } from './answers.mjs';
import { newId, TOKEN_SECONDS } from './world.mjs';

const COOKIE = { 'set-cookie': 'sid=bench; Path=/; Secure; HttpOnly; SameSite=Lax' };

/** The API, on the host `auth`. */
export function authress({ method, path, form, headers, world, origins }) {
  if (path === '/api/authentication' && method === 'POST') {
    const id = world.newCode({ redirectUrl: form.redirectUrl, connectionId: form.connectionId, applicationId: form.applicationId });
    return json({ authenticationRequestId: id, authenticationUrl: `${origins.verify}/go?id=${id}`, enableCredentials: true });
  }
  const [, id] = /^\/api\/authentication\/([^/]+)\/tokens$/.exec(path) ?? [];
  if (id) return json(tokens(world.detailsOf(id) ?? {}, world, origins), { headers: COOKIE });
  if (path !== '/api/session') return null;
  if (method === 'DELETE') return json({});
  return headers.cookie?.includes('sid=') ? json(tokens({ connectionId: 'sc_guests', applicationId: 'app_x' }, world, origins), { headers: COOKIE }) : refused({}, 404);
}

/** The verifier's page and the login host's, on hosts of their own: redirects, or documents whose script goes on (`hosted`). */
export function hostedPages({ host, query, world, origins, stub }) {
  if (host !== 'verify' && host !== 'login') return null;
  const goOn = stub.hosted === 'documents' ? document : redirect;
  const id = query.get('id');
  if (host === 'verify') return goOn(`${origins.login}/login?id=${id}`);
  const back = new URL(world.detailsOf(id).redirectUrl);
  for (const [name, value] of Object.entries({ nonce: id, code: newId(), iss: origins.auth })) back.searchParams.set(name, value);
  return goOn(back.href);
}

const document = (next) => html(`<!doctype html><link rel="icon" href="data:,"><script>location.replace(${JSON.stringify(next)})</script>`);

function tokens({ connectionId, applicationId }, world, { auth }) {
  const claims = { iss: auth, sub: 'guest', azp: connectionId, aud: [auth, applicationId] };
  return { access_token: world.token({ ...claims, client_id: applicationId }), id_token: world.token({ ...claims, name: 'Guest' }), expires_in: TOKEN_SECONDS };
}
