import { base64url } from 'jose';

/** SHA-256 of a text in UTF-8, base64url: 43 characters. */
export async function sha256(text: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}
