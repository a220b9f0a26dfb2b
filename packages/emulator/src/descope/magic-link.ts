import type { Json } from '@passerby/shared';
import { randomName } from '../random.ts';
import { json, sessionAnswer } from './answers.ts';
import { readSignIn, readUpdate, sentBody, type Mode } from './mailing.ts';
import { fulfil, type Purpose } from './purpose.ts';
import { Refusal } from './refusal.ts';
import { beginSession } from './tokens.ts';
import { optionalText, requiredText } from './wire.ts';
import type { Visit, World } from './world.ts';

/** `POST /v1/auth/magiclink/{mode}/email` */
export function sendLink(mode: Mode): (visit: Visit) => Response {
  return ({ body, world }) => {
    const target = readTarget(world, body);
    return mailLink(world, readSignIn(world, body, mode), target);
  };
}

/** `POST /v1/auth/magiclink/update/email` */
export async function sendUpdateLink(visit: Visit): Promise<Response> {
  const target = readTarget(visit.world, visit.body);
  const { purpose } = await readUpdate(visit);
  return mailLink(visit.world, purpose, target);
}

/** `POST /v1/auth/magiclink/verify` */
export async function verifyLink({ body, world }: Visit): Promise<Response> {
  const token = requiredText(body, 'token');
  const link = world.links.get(token);
  if (!link) throw new Refusal('link_unknown', 'It was not found, or was used');
  if (link.expiresAt <= world.now()) throw new Refusal('link_over', 'Failed to load magic link token');
  world.links.delete(token);
  return sessionAnswer(world, await beginSession(world, { ...fulfil(world, link.purpose), method: 'email' }));
}

/** The address that the link leads to; the SDKs call it `URI`. @throws Refusal */
export function readTarget(world: World, body: Json): URL {
  return checkTarget(world, optionalText(body, 'URI') ?? optionalText(body, 'redirectUrl') ?? `${world.appOrigins[0]}/`);
}

/** Only to pages of the project are people ever sent. @throws Refusal */
export function checkTarget({ appOrigins }: World, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // Begins with its origin: so no userinfo, and no `blob:`, whose origin is that of the page that made it.
  if (url && appOrigins.includes(url.origin) && url.href.startsWith(`${url.origin}/`)) return url;
  throw new Refusal('invalid', 'The redirect URL is not on an approved domain');
}

/** The link for a purpose, `t` beside whatever the address has already. */
export function makeLink(world: World, purpose: Purpose, target: URL): string {
  const token = randomName(43);
  const expiresAt = world.now() + world.codeMs;
  world.links.set(token, { purpose, expiresAt }, expiresAt + world.codeMs);
  const link = new URL(target);
  link.searchParams.set('t', token);
  return link.href;
}

function mailLink(world: World, purpose: Purpose, target: URL): Response {
  world.send({ to: purpose.email, subject: 'Your link', text: `Open this to sign in: ${makeLink(world, purpose, target)}` });
  return json(sentBody(purpose));
}
