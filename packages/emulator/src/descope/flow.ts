import type { Json } from '@passerby/shared';
import { randomName } from '../random.ts';
import { json, sessionBody, sessionCookies } from './answers.ts';
import { readSignIn, type SignIn } from './mailing.ts';
import { mailCode, makeSignInCode } from './otp.ts';
import { fulfil } from './purpose.ts';
import { Refusal } from './refusal.ts';
import { beginAnonymous, beginSession, readToken, type Issued } from './tokens.ts';
import { optionalObject, optionalText, requiredText } from './wire.ts';
import type { Visit, World } from './world.ts';

/** A flow that is under way. Each answer has a nonce, which the next request brings back. */
export interface FlowExecution {
  readonly id: string;
  readonly step: number;
  readonly screen: 'email' | 'code';
  readonly nonce: string;
  readonly signIn: SignIn | undefined;
  /** The anonymous subject that becomes a user, where that is what the project does. */
  readonly anonymous: string | undefined;
}

const FLOW_MS = 600_000;
const NONCE = 'x-descope-flow-nonce';

/** `POST /v1/flow/start`: `anonymous` is over at once, `convert` asks for an e-mail. */
export async function startFlow(visit: Visit): Promise<Response> {
  const { body, world } = visit;
  const flowId = requiredText(body, 'flowId');
  const id = `${flowId}|#|${randomName()}`;
  if (flowId === 'anonymous') return completed(world, id, await beginAnonymous(world, {}));
  if (flowId !== 'convert') throw new Refusal('flow_unknown', 'There is no such flow');
  return waiting(world, { id, step: 0, screen: 'email', nonce: '', signIn: undefined, anonymous: await anonymousSubject(visit) });
}

/** `POST /v1/flow/next` */
export async function nextFlow({ body, request, world }: Visit): Promise<Response> {
  const id = requiredText(body, 'executionId');
  requiredText(body, 'interactionId');
  const execution = world.flows.get(id);
  const isNext = execution && execution.nonce === request.headers.get(NONCE) && requiredText(body, 'stepId') === String(execution.step);
  if (!isNext) throw new Refusal('flow_over', 'Flow timed out, please try to refresh');
  const input = optionalObject(body, 'input') ?? {};
  try {
    return execution.signIn ? await takeCode(world, execution, execution.signIn, input) : takeEmail(world, execution, input);
  } catch (error) {
    // What somebody typed is told on their screen.
    if (error instanceof Refusal) return waiting(world, execution, error);
    throw error;
  }
}

function takeEmail(world: World, execution: FlowExecution, input: Json): Response {
  const asked = readSignIn(world, { loginId: requiredText(input, 'email') }, 'signup-in');
  const signIn = { ...asked, ...(execution.anonymous !== undefined && { userId: execution.anonymous }) };
  mailCode(world, signIn.email, makeSignInCode(world, signIn));
  return waiting(world, { ...execution, step: execution.step + 1, screen: 'code', signIn });
}

async function takeCode(world: World, { id }: FlowExecution, { loginId }: SignIn, input: Json): Promise<Response> {
  const proven = fulfil(world, world.codes.redeem(loginId, requiredText(input, 'code')));
  const issued = await beginSession(world, { ...proven, method: 'email' });
  world.flows.delete(id);
  return completed(world, id, issued);
}

/** Whoever began the flow with an anonymous token, in `Authorization` or among the options. */
async function anonymousSubject({ body, bearer, world }: Visit): Promise<string | undefined> {
  const token = bearer ?? optionalText(optionalObject(body, 'options') ?? {}, 'sessionJwt');
  const claims = token === undefined || world.switches.conversionKeepsSub === 'no' ? undefined : await readToken(world, token);
  return claims?.['danu'] === true ? claims.sub : undefined;
}

function waiting(world: World, execution: FlowExecution, problem?: Refusal): Response {
  const { id, step, screen } = execution;
  // The number in front lets the SDK pass over an answer that comes late.
  const nonce = `${Number(execution.nonce.split('.')[0] ?? 0) + 1}.${randomName()}`;
  world.flows.set(id, { ...execution, nonce }, world.now() + FLOW_MS);
  const error = problem && { code: problem.body.errorCode, description: problem.body.errorDescription, message: problem.body.errorMessage };
  const state = { ...(execution.signIn && { sentTo: { email: execution.signIn.email } }), ...(problem && { errorText: problem.body.errorDescription }) };
  const body = { executionId: id, stepId: String(step), stepName: screen, status: 'waiting', action: 'screen', screen: { id: screen, state, componentsConfig: {} }, ...(error && { error }), output: {} };
  return json(body, { headers: { [NONCE]: nonce } });
}

function completed(world: World, id: string, issued: Issued): Response {
  const body = { executionId: id, stepId: 'END', stepName: 'End', status: 'completed', action: 'none', authInfo: sessionBody(world, issued), output: {} };
  return json(body, { cookies: sessionCookies(world, issued) });
}
