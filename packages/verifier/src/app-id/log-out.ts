import type { Answer } from '../gate/form-endpoints.ts';
import { takeNetworkTurn } from '../gate/gate.ts';
import type { Asked } from '../issuer/form.ts';
import { guestIn, type Context } from './context.ts';
import { giveUp } from './guest-row.ts';

/** `POST /logout`: a user's refresh token ends at App ID; a guest who gives up is nobody from then on, whoever kept a copy of the token. */
export async function answerLogout(asked: Asked, context: Context): Promise<Answer> {
  await takeNetworkTurn(asked, context);
  const refreshToken = asked.form.get('refresh_token');
  if (refreshToken !== undefined) await context.service.revoke(refreshToken);
  else await giveUp(await guestIn(asked, context), context);
  return { body: {} };
}
