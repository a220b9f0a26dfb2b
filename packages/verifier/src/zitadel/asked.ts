import type { Json } from '@passerby/shared';
import { isEmail } from '../gate/email.ts';
import { refuseUnlessJsonOfPage } from '../gate/origin.ts';
import { readText } from '../issuer/form.ts';
import { Refused } from '../issuer/refused.ts';
import { parseStrictJson } from '../tokens/strict-json.ts';
import { isGuestEmail } from './service.ts';

/** A request of a page of the shop's own. */
export interface Asked {
  readonly body: Json;
  readonly headers: Headers;
  readonly clientAddress: string;
}

/** Reads a request, once it is clear whose page sent it. @throws Refused */
export async function readAsked(request: Request, { origins, clientAddress }: { readonly origins: ReadonlySet<string>; readonly clientAddress: string }): Promise<Asked> {
  if (request.method !== 'POST') throw new Refused('invalid_request', 'Only POST is answered here', { status: 405, headers: { allow: 'POST' } });
  refuseUnlessOwnPage(request.headers, origins);
  const body = parseStrictJson(await readText(request.body));
  if (!body) throw new Refused('invalid_request', 'The body is not a JSON object');
  return { body, headers: request.headers, clientAddress };
}

/**
 * Lets through what a script of the shop's own page sends: no other page can have a browser write these headers.
 * @see https://www.w3.org/TR/fetch-metadata/
 * @throws Refused `unauthorized_client`, `invalid_request`
 */
export function refuseUnlessOwnPage(headers: Headers, origins: ReadonlySet<string>): void {
  refuseUnlessJsonOfPage(headers, origins);
  if ((headers.get('sec-fetch-site') ?? 'same-origin') !== 'same-origin') throw new Refused('unauthorized_client', 'This page is of another origin than this server');
}

/** A text of the body. @throws Refused `invalid_request` */
export function textOf(body: Json, name: string, mostLength = 1_024): string {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  if (typeof value !== 'string' || value === '' || value.length > mostLength) throw new Refused('invalid_request', `${name} is missing, or longer than ${mostLength} characters`);
  return value;
}

/** The name of a person, which goes into a mail of the shop's: with no room for an address. @throws Refused `invalid_request` */
export function nameOf(body: Json, name: string): string {
  const line = lineOf(body, name);
  if (line.length > 100 || /[<>:/\\@]|www\./i.test(line)) throw new Refused('invalid_request', `${name} is no name of a person`);
  return line;
}

/** No control character, no blank at either end. @throws Refused `invalid_request` */
function lineOf(body: Json, name: string): string {
  const line = textOf(body, name, 200).trim();
  if (line === '' || /\p{C}/u.test(line)) throw new Refused('invalid_request', `${name} is empty, or holds something that is no letter`);
  return line;
}

/** One e-mail address and nothing else: it goes to the shop's mailer. @throws Refused `invalid_request` */
export function emailOf(body: Json): string {
  const email = lineOf(body, 'email');
  if (!isEmail(email)) throw new Refused('invalid_request', 'email is not an e-mail address');
  if (isGuestEmail(email)) throw new Refused('invalid_request', 'email is one that receives no mail');
  return email;
}
