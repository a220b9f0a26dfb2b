/**
 * The guest who was here last, kept aside where every token is a cookie: signing in replaces the guest's, and no page has a copy. What is kept proves to the shop's
 * server whose things are to be merged, and is good for nothing else.
 */
import { asObject, optionalNumber, optionalText, type Json } from '@passerby/shared';
import { readCookie } from '../gate/cookie.ts';
import type { Answer } from '../gate/form-endpoints.ts';
import { takeNetworkTurn } from '../gate/gate.ts';
import type { Asked } from '../issuer/form.ts';
import { Refused } from '../issuer/refused.ts';
import { Unauthorized } from '../tokens/unauthorized.ts';
import type { Caller } from '../tokens/verify-token.ts';
import { shown } from '../listed-texts.ts';
import { over, refreshHolder, type Context } from './context.ts';
import { Seal } from './seal.ts';
import { answerSession } from './session.ts';
import { invalid } from './token-check.ts';

const NAME = 'passerby-guest';
/** As long as a merge that is due may wait for somebody to come back. */
const LIFE_SECONDS = 7 * 86_400;

/** `POST /guest/keep`: before the guest signs in. What is kept of another one stays where no guest is here: their things may still be on their way. */
export async function answerKeep(asked: Asked, context: Context): Promise<Answer> {
  checkCookies(context);
  await takeNetworkTurn(asked, context);
  const here = await guestHere(asked, context);
  return { body: { kept: true }, cookies: [...here.cookies, await keptCookie(here.guest, context)] };
}

/** `POST /guest/forget`: after somebody signed out, so that the next person at this device has nobody's things merged into theirs. */
export async function answerForget(asked: Asked, context: Context): Promise<Answer> {
  const domain = checkCookies(context);
  await takeNetworkTurn(asked, context);
  return { body: { kept: false }, cookies: [cookieOf('', 0, domain)] };
}

/** The guest whose place the user took who asks: theirs are the things to merge. @throws Unauthorized */
export async function keptGuest(request: Request, user: Caller, { settings: { managementKey, now } }: Context): Promise<Caller> {
  if (user.kind !== 'user') throw new Unauthorized('user_required', 'A guest has nobody’s things to merge: sign in first');
  const inside = await new Seal(managementKey, 'kept guest').open(readCookie(request.headers, NAME) ?? '');
  const [subject, until, claims] = [optionalText(inside ?? {}, 'subject'), optionalNumber(inside ?? {}, 'until'), asObject(inside?.['claims'])];
  if (subject === undefined || until === undefined || claims === null) throw invalid('The request has no proof of a guest who was here');
  if (until <= now()) throw new Unauthorized('token_expired', 'The proof of the guest who was here is over');
  return Object.freeze({ subject, kind: 'guest', expiresAt: until, claims: Object.freeze({ ...claims }) });
}

/** The `Set-Cookie` that keeps this guest. */
export async function keptCookie({ subject, claims }: { readonly subject: string; readonly claims: Json }, context: Context): Promise<string> {
  const { managementKey, claims: listed, now } = context.settings;
  const sealed = await new Seal(managementKey, 'kept guest').close({ subject, claims: shown(claims, listed), until: now() + LIFE_SECONDS * 1000 });
  return cookieOf(sealed, LIFE_SECONDS, checkCookies(context));
}

interface Here {
  readonly guest: { readonly subject: string; readonly claims: Json };
  readonly cookies: readonly string[];
}

/** By their session token, or a new one where that is over. @throws Refused `invalid_grant` where no guest is here */
async function guestHere(asked: Asked, context: Context): Promise<Here> {
  const session = readCookie(asked.headers, 'DS');
  const holder = session === null ? null : await context.checkToken(session, ['DS']).catch(orNobody);
  if (holder) {
    if (holder.kind !== 'guest') throw over();
    return { guest: holder, cookies: [] };
  }
  const { token } = await refreshHolder(asked, context);
  const tokens = await context.service.refresh(token);
  const { body, cookies } = answerSession(tokens, context);
  if (body['kind'] !== 'guest') throw over();
  return { guest: await context.checkToken(tokens.sessionJwt, ['DS']), cookies };
}

function orNobody(error: unknown): null {
  if (error instanceof Unauthorized && error.code !== 'keys_unavailable') return null;
  throw error;
}

/** Which domain they are of. @throws Refused */
function checkCookies({ settings: { sessions } }: Context): string {
  if (sessions.by !== 'cookies') throw new Refused('invalid_request', 'There is nothing at this address', { status: 404 });
  return sessions.domain;
}

const cookieOf = (value: string, maxAge: number, domain: string): string => `${NAME}=${value}; Path=/; Domain=${domain}; Max-Age=${maxAge}; HttpOnly; Secure; SameSite=Strict`;
