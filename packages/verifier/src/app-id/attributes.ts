/** What App ID keeps about whoever is here, by their own token: their profile's attributes. */
import type { Answer } from '../gate/form-endpoints.ts';
import { takeNetworkTurn, takeSubjectTurn } from '../gate/gate.ts';
import { required, type Asked } from '../issuer/form.ts';
import { readChange, shown } from '../listed-texts.ts';
import type { Context } from './context.ts';
import { AppIdFailed } from './failures.ts';
import { invalid, current } from './token-check.ts';

/** `POST /attributes` */
export async function answerAttributes(asked: Asked, context: Context): Promise<Answer> {
  const { settings, service } = context;
  const change = readChange(asked.form, settings.attributes);
  await takeNetworkTurn(asked, context);
  const { token } = await takeSubjectTurn(await current(await context.checkToken(required(asked.form, 'token')), context), settings);
  try {
    for (const [name, text] of change) await (text === '' ? service.removeAttribute(token, name) : service.setAttribute(token, name, text));
    return { body: { attributes: shown(await service.attributes(token), settings.attributes) } };
  } catch (error) {
    // The same answer is for a token that is over and for a tenant that keeps none.
    if (error instanceof AppIdFailed && error.failure === 'token_refused' && !(await service.isActive(token))) throw invalid('App ID does not take this token any more');
    throw error;
  }
}
