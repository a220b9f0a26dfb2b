import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';

interface Row {
  readonly payload: AdapterPayload;
  /** Milliseconds since epoch. */
  readonly expiresAt: number;
}

/** What the server remembers, until it expires or the process ends. */
export class Memory {
  readonly #kinds = new Map<string, Map<string, Row>>();

  readonly adapter: AdapterFactory = (kind) => {
    const rows = this.#kinds.get(kind) ?? new Map<string, Row>();
    this.#kinds.set(kind, rows);
    return adapterOver(rows);
  };

  clear(): void {
    for (const rows of this.#kinds.values()) rows.clear();
  }
}

function adapterOver(rows: Map<string, Row>): Adapter {
  const findBy = async (holds: (payload: AdapterPayload) => boolean): Promise<AdapterPayload | undefined> => living(rows).find(([, { payload }]) => holds(payload))?.[1].payload;
  return {
    async upsert(id, payload, expiresIn) {
      const kept = living(rows);
      rows.clear();
      for (const [key, row] of kept) rows.set(key, row);
      rows.set(id, { payload, expiresAt: expiresIn === undefined ? Infinity : Date.now() + expiresIn * 1000 });
    },
    find: async (id) => new Map(living(rows)).get(id)?.payload,
    findByUid: (uid) => findBy((payload) => payload.uid === uid),
    findByUserCode: async () => undefined,
    async consume(id) {
      const row = rows.get(id);
      if (row) row.payload.consumed = Math.floor(Date.now() / 1000);
    },
    async destroy(id) {
      rows.delete(id);
    },
    async revokeByGrantId(grantId) {
      for (const [id, { payload }] of rows) if (payload.grantId === grantId) rows.delete(id);
    },
  };
}

function living(rows: ReadonlyMap<string, Row>): (readonly [string, Row])[] {
  return [...rows].filter(([, { expiresAt }]) => expiresAt > Date.now());
}
