/** Supabase's GoTrue: an anonymous sign-in, and its refresh. */
import { json } from './answers.mjs';
import { TOKEN_SECONDS } from './world.mjs';

export function supabase({ path, form, world, origins }) {
  if (path === '/gotrue/signup') return json(tokens(world.newSession(), world, origins));
  if (path !== '/gotrue/token') return null;
  const next = world.rotate(form.refresh_token);
  const code = 'refresh_token_already_used';
  return next ? json(tokens(next, world, origins)) : json({ code, error_code: code, msg: 'Invalid Refresh Token: Already Used' }, { status: 400, headers: { 'x-supabase-api-version': '2024-01-01' } });
}

function tokens({ session: { id, subject }, refreshToken }, world, { auth }) {
  const at = new Date(world.now()).toISOString();
  return {
    access_token: world.token({ iss: auth, aud: 'authenticated', sub: subject, role: 'authenticated', is_anonymous: true, session_id: id }),
    token_type: 'bearer', expires_in: TOKEN_SECONDS, expires_at: world.seconds() + TOKEN_SECONDS, refresh_token: refreshToken,
    user: { id: subject, aud: 'authenticated', role: 'authenticated', email: '', phone: '', app_metadata: {}, user_metadata: {}, identities: [], created_at: at, updated_at: at, is_anonymous: true },
  };
}
