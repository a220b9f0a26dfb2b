import { base64url } from 'jose';
import { readCookie } from '../gate/cookie.ts';
import type { Answer } from '../gate/form-endpoints.ts';
import { refuseByRules, takeNetworkTurn } from '../gate/gate.ts';
import type { Asked } from '../issuer/form.ts';
import { Refused } from '../issuer/refused.ts';
import { randomHex } from '../random.ts';
import { Unauthorized } from '../tokens/unauthorized.ts';
import type { Context } from './context.ts';
import { DescopeFailed } from './failures.ts';
import { isGuest } from './owner.ts';
import { GUEST_DOMAIN, type Tokens } from './service.ts';
import { answerSession } from './session.ts';

/** `POST /guest`: a new guest. The cheap checks come first, so that a flood costs little. */
export async function answerGuest(asked: Asked, context: Context): Promise<Answer> {
  await takeNetworkTurn(asked, context);
  await refuseByRules(asked, context.settings);
  await refuseUser(asked, context);
  const answer = answerSession(await asNobodysFault(() => makeGuest(context)), context);
  // Else whoever comes would pass for a user.
  if (answer.body['kind'] !== 'guest') throw new DescopeFailed('setting', 'Descope made a guest whose token does not say so: compare generation and tenantId with the project, and its JWT templates');
  return answer;
}

/**
 * A page whose storage was cleared knows nothing of the user whose cookie is still here, and a guest's would take its place. They are to be asked to sign in; `anew`
 * comes from who was, and would rather be a guest.
 */
async function refuseUser({ form, headers }: Asked, context: Context): Promise<void> {
  const token = context.settings.sessions.by === 'body' || form.has('anew') ? null : readCookie(headers, 'DSR');
  if (token !== null && (await isUsers(token, context))) throw new Refused('guest_upgraded', 'Somebody is signed in here: they are asked to sign in again, and not made a guest');
}

async function isUsers(token: string, { checkToken, service, settings: { generation } }: Context): Promise<boolean> {
  try {
    if ((await checkToken(token, ['DSR'])).kind === 'guest') return false;
    const user = await service.me(token);
    return generation.type === 'anonymous_jwt' || !isGuest(user, generation);
  } catch (error) {
    const isOver = (error instanceof Unauthorized && error.code !== 'keys_unavailable') || (error instanceof DescopeFailed && error.failure === 'over');
    if (isOver) return false;
    throw error;
  }
}

/** Whoever asks has nothing yet that could be over. */
async function asNobodysFault<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof DescopeFailed && (error.failure === 'missing' || error.failure === 'over') ? new DescopeFailed('unavailable', error.message) : error;
  }
}

async function makeGuest({ service, settings: { generation, random } }: Context): Promise<Tokens> {
  if (generation.type === 'anonymous_jwt') {
    return service.anonymous({ customClaims: generation.initialClaims, selectedTenant: generation.selectedTenant, refreshDuration: generation.refreshDurationSeconds });
  }
  const loginId = `${randomHex(random)}${GUEST_DOMAIN}`;
  const [first, second] = [randomPassword(random), randomPassword(random)];
  await service.createGuest(loginId, generation.tenantId);
  await service.setPassword(loginId, first);
  // Answers with the session. The second one is forgotten here, so that nobody signs in with either.
  return service.replacePassword(loginId, first, second);
}

/** 256 random bits, and one of each kind that a password policy may ask for. */
function randomPassword(fill: (bytes: Uint8Array<ArrayBuffer>) => void): string {
  const bytes = new Uint8Array(32);
  fill(bytes);
  return `${base64url.encode(bytes)}aA1!`;
}
