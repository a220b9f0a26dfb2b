import { json, sessionAnswer } from './answers.ts';
import { keyOf, readSignIn, readUpdate, sentBody, type Mode, type SignIn } from './mailing.ts';
import { fulfil } from './purpose.ts';
import { beginSession } from './tokens.ts';
import { requiredText } from './wire.ts';
import type { Visit, World } from './world.ts';

/** `POST /v1/auth/otp/{mode}/email` */
export function sendCode(mode: Mode): (visit: Visit) => Response {
  return ({ body, world }) => {
    const purpose = readSignIn(world, body, mode);
    mailCode(world, purpose.email, makeSignInCode(world, purpose));
    return json(sentBody(purpose));
  };
}

/** `POST /v1/auth/otp/update/email` */
export async function sendUpdateCode(visit: Visit): Promise<Response> {
  const { world } = visit;
  const { purpose, user } = await readUpdate(visit);
  const own = world.switches.verifyUpdateBy === 'email' ? [] : [...user.loginIds, user.userId];
  const names = world.switches.verifyUpdateBy === 'login_id' ? own : [...own, purpose.email];
  mailCode(world, purpose.email, world.codes.make(purpose, { key: keyOf(purpose), names, lifetimeMs: world.codeMs }));
  return json(sentBody(purpose));
}

/** `POST /v1/auth/otp/verify/email` */
export async function verifyCode({ body, world }: Visit): Promise<Response> {
  const proven = fulfil(world, world.codes.redeem(requiredText(body, 'loginId'), requiredText(body, 'code')));
  return sessionAnswer(world, await beginSession(world, { ...proven, method: 'email' }));
}

export function makeSignInCode(world: World, purpose: SignIn): string {
  return world.codes.make(purpose, { key: keyOf(purpose), names: [purpose.loginId], lifetimeMs: world.codeMs });
}

export function mailCode(world: World, to: string, code: string): void {
  world.send({ to, subject: 'Your code', text: `Your code is ${code}. It is good for a few minutes, and once.` });
}
