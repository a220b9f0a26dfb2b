/** Signing in: a code is redeemed, and the guest who began becomes that user, where App ID has it so. */
import { MAX_TOKEN_LENGTH } from '@passerby/shared';
import type { Answer } from '../gate/form-endpoints.ts';
import { takeNetworkTurn, takeSubjectTurn } from '../gate/gate.ts';
import { required, type Asked } from '../issuer/form.ts';
import { Refused } from '../issuer/refused.ts';
import { sha256 } from '../sha256.ts';
import { readToken } from '../tokens/read-token.ts';
import { Unauthorized } from '../tokens/unauthorized.ts';
import { readRedirectUri } from './authorize.ts';
import { answerSession, issued, type Context, type Issued } from './context.ts';
import { AppIdFailed } from './failures.ts';
import { becomes } from './guest-row.ts';
import { lookAt } from './look-at.ts';
import type { Tokens } from './service.ts';
import type { Holder } from './token-check.ts';

interface Code {
  readonly code: string;
  readonly redirectUri: string;
  readonly codeVerifier: string;
}

/** `POST /login`. `token`: of the guest who began, whom `/authorize` found alive. */
export async function answerLogin(asked: Asked, context: Context): Promise<Answer> {
  const { form } = asked;
  const code: Code = { code: required(form, 'code'), redirectUri: readRedirectUri(form, context.settings.origins), codeVerifier: required(form, 'code_verifier') };
  await takeNetworkTurn(asked, context);
  // A code is spent by redeeming it, so what it is checked with comes first.
  await context.keysReady();
  const guest = await readGuest(form.get('token'), context);
  const name = sha256(JSON.stringify(code));
  const first = await context.recent.run(`code ${name}`, () => redeem(code, context));
  if (guest === null) return { body: answerSession(first) };
  const { signIn, isGuest } = await attach(guest, first, name, context);
  const { subject } = signIn.holder;
  const isTheirs = isGuest && (await becomes(guest, subject, context));
  return { body: { ...answerSession(signIn), ...(isTheirs && subject !== guest.subject && { moved_from: guest.subject }) } };
}

/** Null: nobody whose profile could be attached, any more. */
async function readGuest(token: string | undefined, { checkToken, settings }: Context): Promise<Holder | null> {
  if (token === undefined) return null;
  try {
    const holder = await checkToken(token);
    // What ends by its age in the middle of this must not look as if it had been attached.
    const isGood = holder.kind === 'guest' && holder.expiresAt > settings.now() + LEAST_MS;
    return isGood ? await takeSubjectTurn(holder, settings) : null;
  } catch (error) {
    if (error instanceof Unauthorized && error.code !== 'keys_unavailable') return null;
    throw error;
  }
}

/** @throws Refused `invalid_grant`; AppIdFailed, Unauthorized */
async function redeem({ code, redirectUri, codeVerifier }: Code, context: Context): Promise<Issued> {
  const { service, settings, checkIdToken } = context;
  const tokens = await service.redeem({ code, redirectUri });
  if (tokens.idToken === undefined) throw new AppIdFailed('setting', 'App ID answers a code without an ID token: compare clientId, and the type of the application');
  if (!readToken(tokens.idToken, MAX_TOKEN_LENGTH)?.claims['nonce']) settings.report('App ID writes no nonce into its ID tokens, so nobody can be signed in: nothing tells whose browser a code is for');
  const { subject } = await checkIdToken(tokens.idToken, { nonce: sha256(codeVerifier) });
  const signIn = await issued(tokens, 'user', context);
  if (signIn.holder.subject !== subject) throw new Refused('invalid_grant', 'The two tokens of this sign-in are of two people: sign in once more');
  return signIn;
}

/** Whether the guest's profile is the user's by now: by the sign-in itself, or by a renewal that asks for it. Of a guest who is the user, App ID takes no token any more. */
async function attach(guest: Holder, first: Issued, name: string, context: Context): Promise<{ readonly signIn: Issued; readonly isGuest: boolean }> {
  const { service, recent, settings } = context;
  const { accessToken, refreshToken } = first.tokens;
  if (first.holder.subject === guest.subject) return { signIn: first, isGuest: true };
  // Once for all tries of this sign-in: a refresh token that it spent is in the first answer, and in no later one.
  const signIn = await recent.run(`attach ${name}`, async () => {
    if ((await lookAt(guest.token, accessToken, context)) === 'dead') return first;
    if (refreshToken !== undefined) return issued(await service.refresh(refreshToken, guest.token).catch(orKept(first.tokens, context)), 'user', context);
    settings.report('App ID gives no refresh token, which is needed to attach the profile of a guest where the sign-in itself does not: switch refresh tokens on (Manage authentication, Authentication settings)');
    return first;
  });
  if (signIn.holder.subject === guest.subject) return { signIn, isGuest: true };
  if (signIn.holder.subject !== first.holder.subject) throw new AppIdFailed('unavailable', 'App ID answered with the tokens of somebody else');
  return { signIn, isGuest: (await lookAt(guest.token, accessToken, context)) === 'dead' };
}

/** Whoever signed in is signed in, though nothing was attached. */
function orKept(tokens: Tokens, { settings }: Context): (error: unknown) => Tokens {
  return (error) => {
    if (!(error instanceof AppIdFailed) || error.failure === 'unavailable') throw error;
    settings.report(error.message);
    return tokens;
  };
}

/** More than one sign-in takes here. */
const LEAST_MS = 60_000;
