import { optionalText, type Json } from '@passerby/shared';
import { base64url } from 'jose';
import { parseStrictJson } from './strict-json.ts';
import { Unauthorized } from './unauthorized.ts';

/** Members that bring their own key or change how the rest is read (RFC 7515 §4.1, RFC 7797, RFC 7516). Other unknown members are ignored, as RFC 7515 §4 asks. */
const REFUSED_MEMBER = /^(?:jku|jwk|x5.*|crit|b64|zip|enc)$/;
/** `JWT` and none are what services sent before RFC 9068. */
const ACCESS_TOKEN_TYPE = /^(?:application\/)?(?:at\+jwt|jwt)$/i;

/** What a token says before anything of it is verified: only good for choosing a key. @throws Unauthorized `token_invalid` */
export function readToken(token: string): { readonly kid: string; readonly issuer: string | undefined } {
  const parts = token.split('.', 4);
  const [header, claims] = parts.slice(0, 2).map(readPart);
  if (parts.length !== 3 || !header || !claims || !isCanonical(parts[2] ?? '')) throw new Unauthorized('token_invalid', 'The token is not a JWT');
  const kid = optionalText(header, 'kid');
  if (kid === undefined || !isAccessTokenHeader(header)) throw new Unauthorized('token_invalid', "The token's header is not one of an access token");
  return { kid, issuer: optionalText(claims, 'iss') };
}

function isAccessTokenHeader(header: Json): boolean {
  const typ = Object.hasOwn(header, 'typ') ? header['typ'] : 'JWT';
  return optionalText(header, 'alg') === 'EdDSA' && typeof typ === 'string' && ACCESS_TOKEN_TYPE.test(typ) && !Object.keys(header).some((name) => REFUSED_MEMBER.test(name));
}

function readPart(part: string): Json | null {
  const text = isCanonical(part) ? utf8(base64url.decode(part)) : null;
  return text === null ? null : parseStrictJson(text);
}

/** True where no other text decodes to the same bytes: a token has one spelling (RFC 4648 §3.5). */
function isCanonical(part: string): boolean {
  return /^[\w-]+$/.test(part) && part.length % 4 !== 1 && base64url.encode(base64url.decode(part)) === part;
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
