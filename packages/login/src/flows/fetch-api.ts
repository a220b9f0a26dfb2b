/** A request of the app's to one of the shop's APIs, on behalf of whoever is here. */
import { isLoginError, LoginError, type StoredSession } from '@passerby/shared';
import type { Context } from './context.ts';

/**
 * Sends the request with the credential where its origin is listed, and as it is anywhere else. One with an `Authorization` of its own goes as it is, too.
 * @throws LoginError what `findSession` throws; `unsupported` where the session is a cookie of this very origin, and the listed one is another
 */
export async function fetchApi(context: Context, request: Request, findSession: () => Promise<StoredSession>): Promise<Response> {
  const { keeper, settings } = context;
  const isOurs = settings.apiOrigins.includes(new URL(request.url).origin) && !request.headers.has('authorization');
  if (!isOurs) return keeper.ports.send(request);
  const again = request.clone();
  const session = await findSession();
  const answer = await send(context, request, session, null);
  if (answer.status !== 401) return answer;
  const nonce = /use_dpop_nonce/.test(answer.headers.get('www-authenticate') ?? '') && session.tokenType === 'DPoP' && answer.headers.get('dpop-nonce');
  const next = nonce ? session : await renewed(context, session);
  // Somebody else by now: what one person asked for is not done as another.
  if (next?.subject !== session.subject) return answer;
  return send(context, again, next, nonce || null);
}

async function send(context: Context, request: Request, session: StoredSession, nonce: string | null): Promise<Response> {
  const { keeper } = context;
  const { provider, ports } = keeper;
  if (session.tokenType === 'Cookie') return sendWithCookie(context, request, session);
  const [url = ''] = request.url.split(/[?#]/, 1);
  const proof = session.tokenType && (await keeper.ask(async (own) => provider.prove?.(session, { method: request.method, url, nonce }, own)));
  request.headers.set('authorization', `${session.tokenType ?? 'Bearer'} ${session.accessToken}`);
  if (proof) request.headers.set('dpop', proof);
  return ports.send(request);
}

/** Names whose request it is: while a guest and a user are both known by cookies, the server would take its pick. */
function sendWithCookie({ keeper }: Context, request: Request, { subject }: StoredSession): Promise<Response> {
  const { navigation, send } = keeper.ports;
  if (new URL(request.url).origin !== navigation.current().origin) throw new LoginError('unsupported', 'Tokens stay on the server here, so only the origin of this page knows who asks: call the API there');
  request.headers.set('passerby-subject', subject);
  return send(new Request(request, { credentials: 'same-origin' }));
}

/** The session with another token than the one that was refused; null: there is none to be had now, and the API's own answer says all. */
async function renewed({ keeper }: Context, { accessToken, receivedAt }: StoredSession): Promise<StoredSession | null> {
  try {
    await keeper.renew(accessToken);
  } catch (error) {
    if (!isLoginError(error)) throw error;
  }
  const { session } = keeper.record;
  return session && session.receivedAt !== receivedAt ? session : null;
}
