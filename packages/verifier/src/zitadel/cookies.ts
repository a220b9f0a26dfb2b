/** The two cookies: sealed here, opened here, and never one taken for the other. */
import { optionalNumber, optionalText, type Json, type SubjectKind } from '@passerby/shared';
import { compactDecrypt, CompactEncrypt, errors } from 'jose';
import { readCookie } from '../gate/cookie.ts';
import { parseObject } from '../reach.ts';
import { ServiceFailed } from './failures.ts';

/** What a cookie holds. All times are seconds since epoch, by this server's clock. */
export interface Kept {
  readonly sub: string;
  /** Of a guest: the generation it was issued at. */
  readonly gen: number;
  /** The access token, where there is one and it fits. */
  readonly at?: string | undefined;
  /** When it ends, and how long it lives; 0: there is none. */
  readonly exp: number;
  readonly life: number;
  /** Of a user: the refresh token, where there is one, and what names the session. */
  readonly rt?: string | undefined;
  readonly sid?: string | undefined;
  /** When the session began. */
  readonly iat: number;
  /** From then on the cookie opens nothing, whoever kept a copy. */
  readonly end: number;
}

const NAMES = { guest: '__Host-passerby-guest', user: '__Host-passerby-user' } as const;
/** A browser drops a cookie that is longer than this, with its name and attributes. */
const MOST_BYTES = 4_096;
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict';

export class Cookies {
  readonly #keys: readonly Uint8Array[];
  readonly #now: () => number;

  constructor({ sealingKeys, now }: { readonly sealingKeys: readonly Uint8Array[]; now(): number }) {
    this.#keys = sealingKeys;
    this.#now = now;
  }

  /** What the cookie of this kind holds; null where there is none that we sealed and that is not over. */
  async open(headers: Headers, kind: SubjectKind): Promise<Kept | null> {
    const sealed = readCookie(headers, NAMES[kind]);
    if (sealed === null || sealed.length > MOST_BYTES) return null;
    for (const key of this.#keys) {
      const kept = await unseal(sealed, NAMES[kind], key);
      if (kept) return kept.end > this.#now() / 1000 ? kept : null;
    }
    return null;
  }

  /** The `Set-Cookie` of this kind. What does not fit is left out: a session does without the token, and asks for the next one sooner. */
  async seal(kind: SubjectKind, kept: Kept): Promise<string> {
    const whole = await this.#seal(kind, kept);
    const sealed = whole.length <= MOST_BYTES ? whole : await this.#seal(kind, { ...kept, at: undefined });
    if (sealed.length > MOST_BYTES) throw new ServiceFailed({ failure: 'setting', advice: "ZITADEL's refresh token does not fit into a cookie: have it make opaque ones" });
    return sealed;
  }

  /** The `Set-Cookie` that takes this one away. */
  clear(kind: SubjectKind): string {
    return `${NAMES[kind]}=; Max-Age=0; ${ATTRIBUTES}`;
  }

  async #seal(kind: SubjectKind, kept: Kept): Promise<string> {
    const [key] = this.#keys;
    if (!key) throw new TypeError('createZitadel: there is no sealing key');
    // The name is in the header, which is authenticated with the rest (RFC 7516 §5.1).
    const sealed = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(kept))).setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: NAMES[kind] }).encrypt(key);
    return `${NAMES[kind]}=${sealed}; Max-Age=${Math.max(1, Math.ceil(kept.end - this.#now() / 1000))}; ${ATTRIBUTES}`;
  }
}

async function unseal(sealed: string, name: string, key: Uint8Array): Promise<Kept | null> {
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(sealed, key, { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] });
    const inside = protectedHeader.typ === name ? parseObject(new TextDecoder().decode(plaintext)) : null;
    return inside && readKept(inside);
  } catch (error) {
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}

function readKept(inside: Json): Kept | null {
  const [sub, gen, exp, life] = [optionalText(inside, 'sub'), optionalNumber(inside, 'gen'), optionalNumber(inside, 'exp'), optionalNumber(inside, 'life')];
  const [iat, end] = [optionalNumber(inside, 'iat'), optionalNumber(inside, 'end')];
  if (sub === undefined || gen === undefined || exp === undefined || life === undefined || iat === undefined || end === undefined) return null;
  return { sub, gen, at: optionalText(inside, 'at'), exp, life, rt: optionalText(inside, 'rt'), sid: optionalText(inside, 'sid'), iat, end };
}
