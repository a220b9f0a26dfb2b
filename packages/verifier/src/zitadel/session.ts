/** A session, guest's or user's: as it is while its token lasts, and then with the next token. */
import type { SubjectKind } from '@passerby/shared';
import { takeTurn } from '../gate/gate.ts';
import { later, Refused } from '../issuer/refused.ts';
import { textOf, type Asked } from './asked.ts';
import { noGuest, over, type Answer, type Context } from './context.ts';
import type { Kept } from './cookies.ts';
import { ServiceFailed } from './failures.ts';
import { isFresh, isUnsure, judgeLooks, tagOf } from './judge.ts';
import { claimsOf, type Tokens } from './token-endpoint.ts';

export interface Session {
  readonly kind: SubjectKind;
  readonly kept: Kept;
}

/** ZITADEL's own limit for refresh tokens. */
const USER_SECONDS = 90 * 86_400;

/** `POST /session` */
export async function answerSession({ body, headers }: Asked, context: Context): Promise<Answer> {
  return answerWith(await sessionOf(textOf(body, 'subject'), headers, context), context);
}

/** The session of a subject, from whichever cookie is its. @throws Refused, ServiceFailed */
export async function sessionOf(subject: string, headers: Headers, context: Context): Promise<Session> {
  const user = await context.cookies.open(headers, 'user');
  if (user?.sub === subject) return { kind: 'user', kept: await renewUser(user, context) };
  const guest = await context.cookies.open(headers, 'guest');
  if (guest?.sub === subject) return { kind: 'guest', kept: await renewGuest(guest, context) };
  throw new Refused('invalid_grant', 'No cookie is of this subject: start or sign in anew');
}

export async function answerWith({ kind, kept }: Session, { settings, cookies }: Context): Promise<Answer> {
  const { sub, at, exp } = kept;
  const isTold = settings.tokens === 'exposed' && at !== undefined;
  return {
    body: { subject: sub, kind, expires_in: Math.round(exp - settings.now() / 1000), ...(isTold && { access_token: at }) },
    cookies: [await cookies.seal(kind, kept)],
  };
}

/** A guest's session goes on while nothing was decided about the guest, and ZITADEL says that it is one. @throws Refused, ServiceFailed */
export async function renewGuest(kept: Kept, context: Context): Promise<Kept> {
  const { decisions } = context;
  await refuseUnlessGuest(kept, context);
  if (isUsable(kept, context)) return { ...kept, end: guestEnd(context) };
  await takeSubjectTurn(kept.sub, context);
  const tags = await tagsOfGuest(kept, context);
  const renewed = await exchangeGuest(kept, context);
  await tagToday(kept.sub, tags, context);
  // What was decided meanwhile counts: this token may be of the user that the guest became, and so may this tag.
  const { decided } = await decisions.settled(kept.sub, kept.gen);
  if (decided === 'user') await decisions.finish(kept.sub, 'found');
  if (decided !== 'guest') throw noGuest(decided, context);
  return { ...renewed, end: guestEnd(context) };
}

/** The guest with a token. @throws ServiceFailed; Refused where ZITADEL does not know the guest yet */
export async function exchangeGuest(kept: Kept, { tokens, settings }: Context): Promise<Kept> {
  try {
    return withTokens(kept, await tokens.exchange(kept.sub), settings.now());
  } catch (error) {
    if (error instanceof ServiceFailed && error.failure === 'missing') throw later('ZITADEL does not know this guest yet: try again');
    throw error;
  }
}

/** @throws Refused `invalid_grant`; ServiceFailed */
async function renewUser(kept: Kept, context: Context): Promise<Kept> {
  const { tokens, recent, settings } = context;
  const { rt, sid } = kept;
  if (sid === undefined || (await settings.store.standing(kept.sub, sid)).revoked) throw over('user', context);
  if (isUsable(kept, context)) return kept;
  if (rt === undefined) throw over('user', context);
  await takeSubjectTurn(kept.sub, context);
  try {
    return await recent.run(`refresh ${rt}`, async () => {
      const renewed = await tokens.renew(rt);
      const claims = claimsOf(renewed.accessToken);
      // Nobody is swapped for somebody else.
      if (claims && claims['sub'] !== kept.sub) throw over('user', context);
      return userWith(kept, renewed, settings.now());
    });
  } catch (error) {
    // The cookie stays: a refusal that comes late must not take away what another tab was given since.
    if (error instanceof ServiceFailed && error.failure === 'missing') throw new Refused('invalid_grant', 'This session is over: sign in anew');
    throw error;
  }
}

/** A user's session with these tokens; without a refresh token it ends with them. */
export function userWith(kept: Kept, tokens: Tokens, nowMs: number): Kept {
  const next = withTokens(kept, tokens, nowMs);
  return { ...next, rt: tokens.refreshToken ?? kept.rt, end: tokens.refreshToken === undefined && kept.rt === undefined ? next.exp : Math.max(kept.end, nowMs / 1000 + USER_SECONDS) };
}

/** @throws Refused where something was decided about the guest */
export async function refuseUnlessGuest({ sub, gen }: Kept, context: Context): Promise<void> {
  const { decided } = await context.decisions.settled(sub, gen);
  if (decided !== 'guest') throw noGuest(decided, context);
}

/** What marks the guest. @throws Refused where ZITADEL does not say that this is one */
async function tagsOfGuest(kept: Kept, context: Context): Promise<readonly string[]> {
  const looks = await context.service.look(kept.sub);
  const judged = judgeLooks(looks);
  if (looks && judged === 'guest') return looks.tags;
  if (isUnsure(judged, kept, context.settings.now())) throw later('ZITADEL does not know this guest yet: try again');
  if (judged === 'missing') throw over('guest', context);
  await context.decisions.finish(kept.sub, 'found');
  throw noGuest('user', context);
}

/** The purge goes by the newest tag: a guest who comes back every day is not old. */
async function tagToday(subject: string, tags: readonly string[], { service, settings }: Context): Promise<void> {
  const today = tagOf(settings.now());
  if (tags.includes(today)) return;
  await service.setMetadata(subject, new Map([[today, 'guest']]));
  await service.deleteMetadata(subject, tags);
}

function withTokens(kept: Kept, { accessToken, expiresInSeconds }: Tokens, nowMs: number): Kept {
  return { ...kept, at: accessToken, exp: nowMs / 1000 + expiresInSeconds, life: expiresInSeconds };
}

function isUsable(kept: Kept, { settings }: Context): boolean {
  return isFresh(kept, settings.now()) && (settings.tokens === 'kept' || kept.at !== undefined);
}

function guestEnd({ settings }: Context): number {
  return settings.now() / 1000 + settings.guestSeconds;
}

async function takeSubjectTurn(subject: string, { settings }: Context): Promise<void> {
  await takeTurn(`subject ${subject}`, settings.rateLimit.subject, settings.store);
}
