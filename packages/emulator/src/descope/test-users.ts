import { json } from './answers.ts';
import { makeLink, readTarget } from './magic-link.ts';
import { readSignIn } from './mailing.ts';
import { named } from './managed-users.ts';
import { makeSignInCode } from './otp.ts';
import { Refusal } from './refusal.ts';
import { optionalText, requiredText } from './wire.ts';
import type { Visit } from './world.ts';

/** `POST /v1/mgmt/tests/generate/otp`: what would have been mailed. */
export function generateCode(visit: Visit): Response {
  const loginId = readTestUser(visit);
  return json({ loginId, code: makeSignInCode(visit.world, readSignIn(visit.world, { loginId }, 'signin')) });
}

/** `POST /v1/mgmt/tests/generate/magiclink` */
export function generateLink(visit: Visit): Response {
  const loginId = readTestUser(visit);
  const { world, body } = visit;
  return json({ loginId, link: makeLink(world, readSignIn(world, { loginId }, 'signin'), readTarget(world, body)) });
}

function readTestUser({ body, world }: Visit): string {
  if ((optionalText(body, 'deliveryMethod') ?? 'email') !== 'email') throw new Refusal('invalid', 'Only e-mail is delivered here');
  if (!named(world, body).test) throw new Refusal('managed_user_unknown', 'It is no test user');
  return requiredText(body, 'loginId');
}
