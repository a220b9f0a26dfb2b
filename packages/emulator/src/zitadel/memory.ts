import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';
import { Expiring } from '../expiring.ts';

/** What the library means by a time, in seconds. */
const TIMES = ['iat', 'exp', 'authTime', 'loginTs'] as const;
const FOR_GOOD_MS = 400 * 86_400_000;

/** How far our clock is ahead of the computer's, which is the only one that the library knows. */
export function secondsAhead(now: () => number): number {
  return Math.round((now() - Date.now()) / 1000);
}

/** What the library remembers, kept in our time: everything it is handed is as far from over as our clock says. */
export class ClockedMemory {
  readonly #kinds = new Map<string, { clear(): void }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  readonly adapter: AdapterFactory = (kind) => {
    const rows = new Expiring<AdapterPayload>(this.#now);
    const idByUid = new Expiring<string>(this.#now);
    const revoked = new Expiring<true>(this.#now);
    this.#kinds.set(kind, { clear: () => [rows, idByUid, revoked].forEach((one) => one.clear()) });
    return adapterOver({ kind, rows, idByUid, revoked, now: this.#now });
  };

  clear(): void {
    for (const kind of this.#kinds.values()) kind.clear();
  }
}

interface Shelf {
  readonly kind: string;
  readonly rows: Expiring<AdapterPayload>;
  readonly idByUid: Expiring<string>;
  /** Grants whose rows are void. */
  readonly revoked: Expiring<true>;
  readonly now: () => number;
}

function adapterOver({ kind, rows, idByUid, revoked, now }: Shelf): Adapter {
  const find = async (id: string): Promise<AdapterPayload | undefined> => {
    const row = rows.get(id);
    return row && !revoked.has(row.grantId ?? '') ? shifted(row, -secondsAhead(now)) : undefined;
  };
  return {
    find,
    async upsert(id, payload, expiresIn) {
      const expiresAt = now() + (expiresIn === undefined ? FOR_GOOD_MS : expiresIn * 1000);
      rows.set(id, shifted(payload, secondsAhead(now)), expiresAt);
      if (payload.uid !== undefined) idByUid.set(payload.uid, id, expiresAt);
    },
    findByUid: (uid) => find(idByUid.get(uid) ?? ''),
    findByUserCode: async () => undefined,
    async consume(id) {
      // A refresh token that was used before is refused there, and no more: the library would revoke the newest one too.
      if (kind === 'RefreshToken') rows.delete(id);
      else Object.assign(rows.get(id) ?? {}, { consumed: Math.floor(now() / 1000) });
    },
    destroy: async (id) => rows.delete(id),
    revokeByGrantId: async (grantId) => revoked.set(grantId, true, now() + FOR_GOOD_MS),
  };
}

function shifted(payload: AdapterPayload, seconds: number): AdapterPayload {
  const moved: AdapterPayload = { ...payload };
  for (const name of TIMES) {
    const time = payload[name];
    if (typeof time === 'number') Object.assign(moved, { [name]: time + seconds });
  }
  return moved;
}
