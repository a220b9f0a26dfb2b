/** Reads what storage held. It may be of another version, damaged, or planted, so nothing of it is trusted by its type. */
import { asObject, type DeviceKey, type StoredSession } from '@passerby/shared';
import { emptyRecord } from './newest.ts';
import type { Backoff, Merge, PendingAuthorization, SessionRecord } from './record.ts';

/** The record, or `newer`: written by a later version of this library, which must find it untouched. */
export function parseRecord(stored: unknown): SessionRecord | 'newer' {
  if (stored === undefined) return emptyRecord;
  const data = asObject(stored);
  if (data && Number.isSafeInteger(data.schema) && (data.schema as number) > emptyRecord.schema) return 'newer';
  return isRecord(stored) ? stored : { ...emptyRecord, aside: stored };
}

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string';
const name: Check = (value) => typeof value === 'string' && value !== '';
const amount: Check = (value) => Number.isFinite(value);
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const flag: Check = (value) => typeof value === 'boolean';
const oneOf = (...values: unknown[]): Check => (value) => values.includes(value);
const maybe = (check: Check): Check => (value) => value === null || check(value);
const list = (check: Check): Check => (value) => Array.isArray(value) && value.every(check);
const shape = <T>(fields: { readonly [K in keyof T]-?: Check }): Check => (value) => {
  const data = asObject(value);
  return data !== null && Object.entries<Check>(fields).every(([field, check]) => check(data[field]));
};

const optional = (check: Check): Check => (value) => value === undefined || check(value);

/** Only a key that signs here and can be read nowhere; one that was planted may be readable. */
const privateKey: Check = (value) =>
  value instanceof CryptoKey && !value.extractable && value.algorithm.name === 'ECDSA' && value.usages.includes('sign');
const key = shape<DeviceKey>({
  thumbprint: name, privateKey,
  publicJwk: shape<DeviceKey['publicJwk']>({ kty: oneOf('EC'), crv: oneOf('P-256'), x: name, y: name }),
});

const anySession = shape<Omit<StoredSession, 'connectionId'>>({
  subject: name, kind: oneOf('guest', 'user'), accessToken: text, issuedAt: amount, receivedAt: amount,
  key: optional(key), tokenType: optional(oneOf('DPoP', 'Cookie')), movedFrom: optional(text), nonce: optional(text), renewAheadMs: optional(amount),
  lifetimeMs: (value) => amount(value) && (value as number) > 0,
  renewal: (value) => {
    const renewal = asObject(value);
    return oneOf('cookie', 'own_cookie', 'none')(renewal?.type) || (renewal?.type === 'refresh_token' && name(renewal.refreshToken));
  },
});

/** Only who is known by a cookie has no token. */
const session: Check = (value) => anySession(value) && (name(asObject(value)?.accessToken) || asObject(value)?.tokenType === 'Cookie');

const pending = shape<PendingAuthorization>({
  id: name, state: name, purpose: oneOf('guest', 'sign_in', 'link', 'continue'), connectionId: name, codeVerifier: text,
  redirectUrl: name, returnTo: name, subject: maybe(name), startedAt: amount, callback: maybe(text), unsure: flag,
  outcome: maybe((value) => name(asObject(value)?.type)), popup: optional(oneOf('popup')), key: optional(key), details: optional((value) => Object.values(asObject(value) ?? [null]).every(text)),
});

const record = shape<Omit<SessionRecord, 'aside'>>({
  schema: oneOf(1), line: name, version: count, turn: count, session: maybe(session), parked: maybe(session), guestKey: optional(key), arrival: optional(text), left: optional(list(text)),
  ended: maybe(oneOf('signed_out', 'user_expired', 'guest_ended')),
  pending: list(pending),
  conflict: maybe(shape<{ id: string; connectionId: string; session: unknown }>({ id: name, connectionId: name, session: maybe(session) })),
  merges: list(shape<Merge>({ key: name, from: session, to: name })),
  backoff: maybe(shape<Backoff>({ attempts: count, until: amount, code: name, by: oneOf('service', 'us') })),
});

const isRecord = (value: unknown): value is SessionRecord => record(value);
