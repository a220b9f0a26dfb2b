/** Signing in and out. */
import { Refused } from '../issuer/refused.ts';
import { textOf, type Asked } from './asked.ts';
import type { Answer, Context } from './context.ts';
import type { Kept } from './cookies.ts';
import { ServiceFailed, unavailable } from './failures.ts';
import { randomName } from '../random.ts';
import { answerWith, userWith } from './session.ts';
import { takeNetworkTurn } from './start-guest.ts';
import { claimsOf, type CodeGrant } from './token-endpoint.ts';

/** `POST /login`: redeems a code. */
export async function answerLogin(asked: Asked, context: Context): Promise<Answer> {
  const { body } = asked;
  const grant = { code: textOf(body, 'code', 2_048), codeVerifier: textOf(body, 'code_verifier', 128), redirectUri: textOf(body, 'redirect_uri', 2_048) };
  const nonce = textOf(body, 'nonce', 256);
  await takeNetworkTurn(asked, context);
  // A code is spent by redeeming it, so what it is checked with comes first.
  await context.keysReady();
  const kept = await context.recent.run(JSON.stringify(['code', grant, nonce]), () => redeem(grant, nonce, context));
  const { body: session, cookies = [] } = await answerWith({ kind: 'user', kept }, context);
  return { body: session, cookies: [...cookies, ...(await spentGuest(asked.headers, context))] };
}

/** Takes away the cookie of a guest who became a user: nobody has to be told any more. */
async function spentGuest(headers: Headers, { cookies, decisions }: Context): Promise<readonly string[]> {
  const guest = await cookies.open(headers, 'guest');
  return guest && (await decisions.row(guest.sub))?.state === 'user' ? [cookies.clear('guest')] : [];
}

async function redeem(grant: CodeGrant, nonce: string, { tokens, checkIdToken, settings }: Context): Promise<Kept> {
  const given = await tokens.redeem(grant).catch((error: unknown) => {
    if (error instanceof ServiceFailed && (error.failure === 'missing' || error.failure === 'refused')) throw new Refused('invalid_grant', 'ZITADEL does not take this code (again): sign in once more');
    throw error;
  });
  if (given.idToken === undefined) throw new ServiceFailed(unavailable());
  const { subject } = await checkIdToken(given.idToken, { nonce });
  const claims = claimsOf(given.accessToken);
  if (claims && claims['sub'] !== subject) throw new Refused('invalid_grant', 'The two tokens of this sign-in are of two people: sign in once more');
  const now = settings.now();
  return userWith({ sub: subject, gen: 0, exp: 0, life: 0, iat: Math.floor(now / 1000), end: 0, sid: randomName(settings.random) }, given, now);
}

/** `POST /logout`: the session of one subject, or of all who are here. */
export async function answerLogout({ body, headers }: Asked, context: Context): Promise<Answer> {
  const { cookies, settings } = context;
  const subject = textOf(body, 'subject');
  const isEverybody = body['all'] === true;
  const [guest, user] = await Promise.all([cookies.open(headers, 'guest'), cookies.open(headers, 'user')]);
  const isUser = user?.sub === subject;
  if (guest && (guest.sub === subject || isEverybody)) await endGuest(guest, context);
  if (user && (isUser || isEverybody)) await endUser(user, context);
  const cleared = [...(guest?.sub === subject || isEverybody ? [cookies.clear('guest')] : []), ...(isUser || isEverybody ? [cookies.clear('user')] : [])];
  return { body: isUser ? { url: signOutUrl(headers, settings) } : {}, cookies: cleared };
}

/** Nobody is this guest any more, whoever kept a copy of the cookie: the purge finds it. */
async function endGuest({ sub, gen }: Kept, { decisions }: Context): Promise<void> {
  const row = await decisions.row(sub);
  if (row === null && gen === 0) await decisions.begin(sub, null, { state: 'gone', by: 'logout' });
}

async function endUser({ sid, rt, end }: Kept, { settings, tokens }: Context): Promise<void> {
  if (sid !== undefined) await settings.store.revoke(sid, end * 1000);
  if (rt === undefined) return;
  try {
    await tokens.revoke(rt);
  } catch (error) {
    if (!(error instanceof ServiceFailed)) throw error;
    // Whoever signs out is signed out here; there the token is nobody's, and ends by its age.
    if (error.failure === 'setting') settings.report(error.message);
  }
}

/** By the application's id and not by the ID token: no token is in an address (OpenID Connect RP-Initiated Logout 1.0 §2). */
function signOutUrl(headers: Headers, { issuer, clientId }: Context['settings']): string {
  const back = `${headers.get('origin') ?? ''}/`;
  return `${issuer}/oidc/v1/end_session?${new URLSearchParams({ client_id: clientId, post_logout_redirect_uri: back })}`;
}
