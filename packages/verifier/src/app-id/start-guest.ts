/** A guest comes, and comes back; and a user does. */
import type { Answer } from '../gate/form-endpoints.ts';
import { refuseByRules, takeNetworkTurn, takeSubjectTurn } from '../gate/gate.ts';
import type { Asked } from '../issuer/form.ts';
import { Refused } from '../issuer/refused.ts';
import { sha256 } from '../sha256.ts';
import { answerSession, guestIn, issued, revoked, type Context } from './context.ts';
import { AppIdFailed } from './failures.ts';
import { lookAt } from './look-at.ts';

/** `POST /guest`: a new guest. The cheap checks come first, so that a flood costs little. */
export async function answerGuest(asked: Asked, context: Context): Promise<Answer> {
  await takeNetworkTurn(asked, context);
  await refuseByRules(asked, context.settings);
  await context.keysReady();
  return { body: answerSession(await issued(await context.service.anonymous(null).catch(asNobodysFault), 'guest', context)) };
}

/** `POST /renew`: by a guest's own token, or a user's refresh token. */
export async function answerRenewal(asked: Asked, context: Context): Promise<Answer> {
  await takeNetworkTurn(asked, context);
  await context.keysReady();
  const refreshToken = asked.form.get('refresh_token');
  return { body: refreshToken === undefined ? await renewGuest(asked, context) : await renewUser(refreshToken, context) };
}

/** The profile of the token is asked for again, which App ID need not grant: whoever comes instead is nobody, and is not handed out. */
async function renewGuest(asked: Asked, context: Context): Promise<Answer['body']> {
  const { service, recent, settings } = context;
  const guest = await takeSubjectTurn(await guestIn(asked, context), settings);
  const renewed = await recent.run(`guest ${sha256(guest.token)}`, async () => {
    // Else somebody new would be made of a token that is nobody's any more.
    if ((await lookAt(guest.token, null, context)) === 'dead') throw revoked();
    return issued(await service.anonymous(guest.token).catch(asForbiddenForNow), 'guest', context);
  });
  if (renewed.holder.subject === guest.subject) return answerSession(renewed);
  settings.report('App ID renewed a guest as somebody else: guests live to the end of their first token');
  throw new Refused('invalid_grant', 'App ID does not renew this guest');
}

async function renewUser(refreshToken: string, context: Context): Promise<Answer['body']> {
  const renewed = await context.recent.run(`user ${sha256(refreshToken)}`, async () => issued(await context.service.refresh(refreshToken), 'user', context));
  await takeSubjectTurn(renewed.holder, context.settings);
  return answerSession(renewed);
}

/** Whoever asks has nothing yet that could be over. */
function asNobodysFault(error: unknown): never {
  throw error instanceof AppIdFailed && error.failure === 'over' ? new AppIdFailed('unavailable', error.message) : error;
}

/** A tenant that wants no new guests, for now: the one who is here waits, and lives to the end of the token. */
function asForbiddenForNow(error: unknown): never {
  throw error instanceof AppIdFailed && error.failure === 'anonymous_forbidden' ? new AppIdFailed('setting', error.message) : error;
}
