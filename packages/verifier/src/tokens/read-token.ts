import { optionalText, type Json } from '@passerby/shared';
import { decodeExactly, type Algorithm } from './public-key.ts';
import { parseStrictJson } from './strict-json.ts';

/** How the header of one kind of token looks. */
export interface TokenForm {
  /** What `typ` may be; a token without one counts as `JWT`. */
  readonly types: RegExp;
  readonly algorithms: readonly Algorithm[];
  /** Named by `kid`; named or the only one its issuer has (OpenID Connect Core §10.1); or in the header itself, as only a DPoP proof may have it (RFC 9449 §4.2). */
  readonly key: 'named' | 'named or only' | 'embedded';
}

/** Members that bring a key from elsewhere or change how the rest is read (RFC 7515 §4.1, RFC 7797, RFC 7516). Other unknown members are ignored, as RFC 7515 §4 asks. */
const REFUSED_MEMBER = /^(?:jku|x5.*|crit|b64|zip|enc)$/;

/** What a JWT says before anything of it is verified, only good for choosing a key; or null where it is too long or none. */
export function readToken(token: string, maxLength: number): { readonly header: Json; readonly claims: Json } | null {
  // The length first: nothing of a text without end is looked at.
  const parts = token.length > maxLength ? [] : token.split('.', 4);
  const [header, claims] = parts.slice(0, 2).map(readPart);
  return parts.length === 3 && header && claims && decodeExactly(parts[2] ?? '') ? { header, claims } : null;
}

export function hasForm(header: Json, form: TokenForm): boolean {
  const typ = Object.hasOwn(header, 'typ') ? header['typ'] : 'JWT';
  const algorithm = optionalText(header, 'alg');
  return (
    typeof typ === 'string' && form.types.test(typ) && form.algorithms.some((allowed) => allowed === algorithm) &&
    hasKey(header, form.key) && !Object.keys(header).some((name) => REFUSED_MEMBER.test(name))
  );
}

function hasKey(header: Json, key: TokenForm['key']): boolean {
  if (key === 'embedded') return Object.hasOwn(header, 'jwk');
  const isNamed = optionalText(header, 'kid') !== undefined;
  return !Object.hasOwn(header, 'jwk') && (isNamed || (key === 'named or only' && !Object.hasOwn(header, 'kid')));
}

function readPart(part: string): Json | null {
  const bytes = decodeExactly(part);
  const text = bytes && utf8(bytes);
  return text === null ? null : parseStrictJson(text);
}

function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    // The decoder's way to say that the bytes are no text.
    if (error instanceof TypeError) return null;
    throw error;
  }
}
