/** Descope's renewal: the refresh JWT comes in the Authorization header, after the project's id. */
import { json, refused } from './answers.mjs';
import { TOKEN_SECONDS } from './world.mjs';

export function descope({ path, headers, world }) {
  if (!path.startsWith('/descope/') || !path.endsWith('refresh')) return null;
  const next = world.rotate(headers.authorization?.split(':')[1]);
  if (!next) return refused({ errorCode: 'E061004', errorDescription: 'Invalid refresh token' }, 401);
  const until = world.seconds();
  return json({
    sessionJwt: world.token({ iss: 'P2x', sub: next.session.subject }), refreshJwt: next.refreshToken, cookieDomain: '', cookiePath: '/', cookieMaxAge: 86_400,
    cookieExpiration: until + 86_400, sessionExpiration: until + TOKEN_SECONDS, firstSeen: false,
  });
}
