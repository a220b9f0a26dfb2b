import { base64url } from 'jose';

type Fill = (bytes: Uint8Array<ArrayBuffer>) => void;

/** 128 random bits in 22 characters. */
export function randomName(fill: Fill): string {
  const bytes = new Uint8Array(16);
  fill(bytes);
  return base64url.encode(bytes);
}

/** 128 random bits in lower-case letters and digits, for what compares without regard to case. */
export function randomHex(fill: Fill): string {
  const bytes = new Uint8Array(16);
  fill(bytes);
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Six random digits: of 64 bits, so that none is noticeably likelier. */
export function randomDigits(fill: Fill): string {
  const bytes = new Uint8Array(8);
  fill(bytes);
  return String(new DataView(bytes.buffer).getBigUint64(0) % 1_000_000n).padStart(6, '0');
}

export async function sha256(...parts: readonly string[]): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(parts)))));
}
