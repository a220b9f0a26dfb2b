const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** A random name of a-z and 0-9; 26 letters carry 134 bits. */
export function randomName(length = 26): string {
  let name = '';
  while (name.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(2 * length))) {
      // The bytes above the last whole alphabet are passed over: they would favour its first letters.
      if (byte < 252 && name.length < length) name += ALPHABET.charAt(byte % 36);
    }
  }
  return name;
}

/** SHA-256 of a text in UTF-8, base64url. */
export async function sha256(text: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
