import { base64url } from 'jose';
import type { Answer } from '../gate/form-endpoints.ts';
import { refuseByRules, takeNetworkTurn } from '../gate/gate.ts';
import type { Asked } from '../issuer/form.ts';
import { randomHex } from '../random.ts';
import type { Context } from './context.ts';
import { DescopeFailed } from './failures.ts';
import { GUEST_DOMAIN, type Tokens } from './service.ts';
import { answerSession } from './session.ts';

/** `POST /guest`: a new guest. The cheap checks come first, so that a flood costs little. */
export async function answerGuest(asked: Asked, context: Context): Promise<Answer> {
  await takeNetworkTurn(asked, context);
  await refuseByRules(asked, context.settings);
  const answer = answerSession(await asNobodysFault(() => makeGuest(context)), context);
  // Else whoever comes would pass for a user.
  if (answer.body['kind'] !== 'guest') throw new DescopeFailed('setting', 'Descope made a guest whose token does not say so: compare generation and tenantId with the project, and its JWT templates');
  return answer;
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
