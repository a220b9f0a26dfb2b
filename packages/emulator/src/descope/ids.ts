import { randomName } from '../random.ts';

/** An id as the vendor writes them: `U2` for people, `T2` for tenants, and 25 letters and digits. */
export function newId(prefix: 'U2' | 'T2' | 'K2'): string {
  return prefix + randomName(25);
}

/** Six digits, each number as likely as any other. */
export function newCode(): string {
  for (;;) {
    const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
    // The numbers above the last whole million are passed over: they would favour the first ones.
    if (random < 4_294_000_000) return String(random % 1_000_000).padStart(6, '0');
  }
}

/** However a login ID or an e-mail is written, it is the same one. */
export function nameKey(loginId: string): string {
  return loginId.normalize('NFC').trim().toLowerCase();
}

export function isEmail(text: string): boolean {
  return text.length <= 254 && /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>"]+$/.test(text);
}

/** `a**@example.com` */
export function maskEmail(email: string): string {
  return email.replace(/^(.)[^@]*/, '$1**');
}
