import { json, redirect, Refusal } from './answers.ts';
import { clearedCookies, sessionCookie, sharedCookies, sharedDomain } from './cookies.ts';
import { requireSession, sessionOfCookie } from './current-session.ts';
import { checkRedirectUrl } from './redirect-url.ts';
import { cookieValue } from './sessions.ts';
import { mintTokens } from './tokens.ts';
import type { Visit } from './world.ts';

/** `PATCH /api/session`: fresh tokens for the session cookie, the only renewal there is. */
export async function renewSession({ request, world }: Visit): Promise<Response> {
  const session = sessionOfCookie(request, world);
  if (!session) throw new Refusal(world.switches.sessionMissingStatus, 'SessionNotFound', 'There is no session to continue');
  const isSliding = world.switches.sessionExpiry === 'sliding';
  if (isSliding) world.sessions.prolong(session);
  const cookies = isSliding ? [sessionCookie(world, cookieValue(session))] : [];

  const tokens = await mintTokens(world, session);
  const domain = sharedDomain(new URL(request.headers.get('origin') ?? session.appOrigin), new URL(world.loginOrigin));
  if (world.switches.sessionAnswer === 'body' || domain === null) return json(world, tokens, { cookies });
  const shared = sharedCookies(world, { authorization: tokens.access_token, user: tokens.id_token }, { domain, maxAge: tokens.expires_in });
  return json(world, {}, { cookies: [...cookies, ...shared] });
}

/** `DELETE /api/session`: logs out; nothing to log out of is no error. */
export async function endSession({ request, world }: Visit): Promise<Response> {
  const session = sessionOfCookie(request, world);
  if (session) world.sessions.end(session.ref);
  return json(world, {}, { cookies: clearedCookies(world) });
}

/** `GET /logout?redirect_uri&client_id`: logs out by navigation, and sends the person back. */
export async function logOut(visit: Visit): Promise<Response> {
  const { url, world } = visit;
  const clientId = url.searchParams.get('client_id');
  const redirectOrigins = world.applications.filter(({ applicationId }) => clientId === null || applicationId === clientId).flatMap((application) => application.redirectOrigins);
  const back = checkRedirectUrl(url.searchParams.get('redirect_uri') ?? undefined, { applicationId: clientId ?? '', redirectOrigins });
  await endSession(visit);
  return redirect(new URL(back), { status: 307, cookies: clearedCookies(world) });
}

/** `GET /api/session/profile`: the identities of whoever is asking. */
export async function profile(visit: Visit): Promise<Response> {
  const { world } = visit;
  const { subject } = await requireSession(visit);
  const linkedIdentities = world.identities.of(subject).map(({ connectionId, person }) => ({ connection: { connectionId, userId: person.personId } }));
  return json(world, { linkedIdentities });
}

/** `DELETE /api/session/identities/{id}`: unlinks, by the id of the connection or of the person there, as the SDK's own page says. */
export async function unlinkIdentity(visit: Visit): Promise<Response> {
  const { world, params } = visit;
  const { subject } = await requireSession(visit);
  const identities = world.identities.of(subject);
  const identity = identities.find(({ connectionId, person }) => params['id'] === connectionId || params['id'] === person.personId);
  if (!identity) throw new Refusal(404, 'IdentityNotFound', 'There is no such identity');
  if (identities.length === 1 && world.switches.unlinkLastIdentity === 'refused') throw new Refusal(409, 'LastIdentity', 'This is the only way to sign in');
  world.identities.unbind(identity, subject);
  return json(world, {});
}
