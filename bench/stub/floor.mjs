/** The least that a service can be asked: a guest, and the next token. */
import { json, refused } from './answers.mjs';
import { TOKEN_SECONDS } from './world.mjs';

export function floor({ path, form, world, origins }) {
  const tokens = ({ session, refreshToken }) => json({ access_token: world.token({ iss: origins.auth, sub: session.subject }), refresh_token: refreshToken, expires_in: TOKEN_SECONDS });
  if (path === '/guest') return tokens(world.newSession());
  if (path !== '/token') return null;
  const next = world.rotate(form.refresh_token);
  return next ? tokens(next) : refused({ error: 'invalid_grant' });
}
