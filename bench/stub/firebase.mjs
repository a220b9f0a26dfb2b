/** Firebase's Identity Toolkit and token service, at the addresses at which its SDK looks for its own emulator. */
import { json, refused } from './answers.mjs';
import { TOKEN_SECONDS } from './world.mjs';

export function firebase(visit) {
  const name = /\/(?:identitytoolkit|securetoken)\.googleapis\.com\/.*?([^/]+)$/.exec(visit.path)?.[1];
  return name && Object.hasOwn(ROUTES, name) ? ROUTES[name](visit) : null;
}

const ROUTES = {
  'accounts:signUp': ({ world }) => {
    const { session, refreshToken } = world.newSession();
    return json({ kind: 'identitytoolkit#SignupNewUserResponse', idToken: idToken(session, world), refreshToken, expiresIn: String(TOKEN_SECONDS), localId: session.subject });
  },
  'accounts:lookup': ({ form, world }) => {
    const { sub } = JSON.parse(Buffer.from(form.idToken.split('.')[1], 'base64url').toString());
    const at = world.now();
    return json({ kind: 'identitytoolkit#GetAccountInfoResponse', users: [{ localId: sub, lastLoginAt: String(at), createdAt: String(at), lastRefreshAt: new Date(at).toISOString() }] });
  },
  token: ({ form, world }) => {
    const next = world.rotate(form.refresh_token);
    if (!next) return refused({ error: { code: 400, message: 'INVALID_REFRESH_TOKEN', status: 'INVALID_ARGUMENT' } });
    const token = idToken(next.session, world);
    return json({ access_token: token, id_token: token, expires_in: String(TOKEN_SECONDS), token_type: 'Bearer', refresh_token: next.refreshToken, user_id: next.session.subject, project_id: '1' });
  },
};

function idToken({ subject }, world) {
  const claims = { iss: 'https://securetoken.google.com/x', aud: 'x', sub: subject, user_id: subject, provider_id: 'anonymous', auth_time: world.seconds() };
  return world.token({ ...claims, firebase: { sign_in_provider: 'anonymous', identities: {} } });
}
