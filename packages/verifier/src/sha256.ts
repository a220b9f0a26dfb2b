/** SHA-256 without await: what is hashed here is short, and handing it to the platform's own threads costs ten times the hash. */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as hash } from '@noble/hashes/sha2.js';
import { base64url } from 'jose';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** SHA-256 of a text in UTF-8, base64url: 43 characters. */
export const sha256 = (text: string): string => base64url.encode(hash(utf8(text)));

/** HMAC with SHA-256 (RFC 2104) of a text in UTF-8, base64url: 43 characters. */
export const hmacSha256 = (key: Uint8Array, text: string): string => base64url.encode(hmac(hash, key, utf8(text)));
