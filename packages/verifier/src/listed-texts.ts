/** What pages may keep about whoever is here: texts by names that the shop lists. */
import { asObject, optionalText, type Json } from '@passerby/shared';
import { insist } from './checks.ts';
import { Refused } from './issuer/refused.ts';
import { parseStrictJson } from './tokens/strict-json.ts';

/** All of it; what is not there is left out. */
export type Attributes = Readonly<Record<string, string>>;

export interface AttributeChange {
  readonly set?: Attributes | undefined;
  readonly remove?: readonly string[] | undefined;
}

const MOST_NAMES = 32;
const MOST_BYTES = 512;

/** Said by a service itself, or believed by whoever reads a token (RFC 7519, RFC 8693, OpenID Connect Core): compared in lower case and without `_`. */
const RESERVED = new Set([
  'iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'typ', 'azp', 'act', 'mayact', 'scope', 'scopes', 'clientid', 'cnf', 'sid', 'nonce', 'athash', 'chash', 'acr', 'amr', 'authtime',
  'drn', 'danu', 'dct', 'dcn', 'tenants', 'tenant', 'tenantid', 'permissions', 'roles', 'rexp', 'nsec', 'su', 'ssoappid', 'loginid', 'loginids', 'userid', 'externalids', 'email', 'emailverified', 'verifiedemail',
  'phone', 'phonenumber', 'phonenumberverified', 'phoneverified', 'verifiedphone', 'constructor', 'prototype',
]);

/** `what`: the setting, for the message. @throws TypeError where this is no list of names that may be kept */
export function checkListed(names: readonly string[], what: string): void {
  insist(Array.isArray(names) && names.length <= MOST_NAMES && new Set(names).size === names.length, `${what} is not a list of ${MOST_NAMES} different names at most`);
  for (const name of names) {
    insist(typeof name === 'string' && /^[A-Za-z][A-Za-z0-9_]{0,59}$/.test(name), `${what} holds something that is not a name of 1 to 60 letters, digits and _`);
    insist(!RESERVED.has(name.toLowerCase().replaceAll('_', '')), `${what} holds ${name}, which tokens say themselves: take another name`);
  }
}

/** The change in a form: a JSON object of texts, and a JSON array of names. @throws Refused `invalid_request` */
export function readChange(form: ReadonlyMap<string, string>, listed: readonly string[]): ReadonlyMap<string, string> {
  const set = form.has('set') ? parseStrictJson(form.get('set') ?? '') : {};
  return checkChange({ set, remove: form.has('remove') ? parse(form.get('remove') ?? '') : [] }, listed);
}

/** What each name becomes: an empty text where it is taken away. @throws Refused `invalid_request` */
export function checkChange({ set = {}, remove = [] }: { readonly set?: unknown; readonly remove?: unknown }, listed: readonly string[]): ReadonlyMap<string, string> {
  const texts = asObject(set);
  if (!texts || !Object.entries(texts).every(([name, text]) => listed.includes(name) && isText(text))) throw refuse('set is not an object of listed names, each with a text of 1 to 512 bytes');
  if (!Array.isArray(remove) || !remove.every((name) => typeof name === 'string' && listed.includes(name) && !Object.hasOwn(texts, name))) throw refuse('remove is not an array of listed names that are not in set');
  return new Map([...Object.entries(texts).map(([name, text]) => [name, String(text)] as const), ...remove.map((name) => [String(name), ''] as const)]);
}

/** Of what is kept, what is listed and a text. */
export function shown(data: Json, listed: readonly string[]): Attributes {
  return Object.fromEntries(listed.flatMap((name) => {
    const text = optionalText(data, name);
    return text === undefined ? [] : [[name, text]];
  }));
}

export function isText(text: unknown): boolean {
  return typeof text === 'string' && text !== '' && !/\p{Surrogate}/u.test(text) && bytesOf(text) <= MOST_BYTES;
}

export const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's message quotes what it read.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function refuse(message: string): Refused {
  return new Refused('invalid_request', message);
}
