/**
 * Descope's flows without its screens: one that ends at once with a guest, and one that asks for an e-mail on its first screen and for a code on the next.
 * Not verified against a real project: the names of the inputs and of the button.
 */
import { asObject, LoginError, optionalText, text, type Grant, type Json } from '@passerby/shared';
import { judge } from '../../core/answers.ts';
import type { FormAnswer } from '../http.ts';
import { codeRefused, type Asker, type Send } from './ask.ts';
import type { Settings } from './settings.ts';
import { askDescope, never, wordOf } from './wire.ts';

/** Where a flow is. */
interface At {
  readonly data: Json;
  readonly nonce: string | null;
}

/** What a flow came to that asks nothing. @throws LoginError `response_invalid`, `config_invalid`, retryable codes */
export async function runFlow(settings: Settings, flowId: string, asker: Asker): Promise<Json> {
  return ended(await begin(settings, flowId, asker)) ?? unknown();
}

export const byFlow = (settings: Settings, flowId: string, toGrant: (data: Json, asker: Asker, begunAt: number) => Grant): Send => async (loginId, asker) => {
  const begunAt = asker.ports.now();
  const first = await begin(settings, flowId, asker);
  let at = arrived(await next(settings, first, { [settings.inputs.email]: loginId }, asker), first, asker);
  if (screenOf(at) === screenOf(first)) return 'refused';
  return async (code, later) => {
    const answer = await next(settings, at, { [settings.inputs.code]: code }, later);
    const refused = codeRefused(wordOf(answer));
    if (refused) return refused;
    at = arrived(answer, at, later);
    const authInfo = ended(at);
    if (authInfo) return toGrant(authInfo, later, begunAt);
    return at.data.status === 'failed' ? 'over' : (codeRefused(optionalText(asObject(at.data.error) ?? {}, 'code') ?? '') ?? 'wrong');
  };
};

async function begin(settings: Settings, flowId: string, asker: Asker): Promise<At> {
  const body = { flowId, options: { startOptionsVersion: 1 }, isCustomScreen: false };
  return arrived(await askDescope(settings, 'flow/start', body, asker), { data: {}, nonce: null }, asker);
}

function next(settings: Settings, { data, nonce }: At, input: Json, asker: Asker): Promise<FormAnswer> {
  const { interactionId } = settings.inputs;
  const body = { executionId: text(data, 'executionId'), stepId: text(data, 'stepId'), interactionId, input, isCustomScreen: false };
  return askDescope(settings, 'flow/next', body, { ...asker, flowNonce: nonce });
}

function arrived(answer: FormAnswer, { nonce }: At, { ports }: Asker): At {
  return { data: judge(answer, ports.now(), never), nonce: answer.headers.get('x-descope-flow-nonce') ?? nonce };
}

const ended = ({ data }: At): Json | null => (data.status === 'completed' ? asObject(data.authInfo) : null);

/** @throws LoginError `response_invalid` */
const screenOf = ({ data }: At): string => (data.action === 'screen' ? optionalText(asObject(data.screen) ?? {}, 'id') : undefined) ?? unknown();

function unknown(): never {
  throw new LoginError('response_invalid', 'The flow wants something that only its own screens can do');
}
