import type { Fault, FaultKind } from './faults.ts';

/** One request, told without its query, cookies, body or tokens. */
export interface AccessLogEntry {
  /** Milliseconds since epoch. */
  readonly at: number;
  readonly method: string;
  /** The origin that was asked, not the one that asked. */
  readonly origin: string;
  readonly pathname: string;
  /** `PATCH /api/session`, or undefined where the address is unknown. */
  readonly route: string | undefined;
  /** 0 where the connection was cut. */
  readonly status: number;
  readonly faults: readonly FaultKind[];
}

/** So many are kept, for a simulation may send millions. */
const LONGEST_LOG = 100_000;

export class AccessLog {
  readonly entries: AccessLogEntry[] = [];
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  add({ request, url, route, status, faults }: { request: Request; url: URL; route: string | undefined; status: number; faults: readonly Fault[] }): void {
    if (this.entries.length >= LONGEST_LOG) this.entries.splice(0, LONGEST_LOG / 2);
    const { origin, pathname } = url;
    this.entries.push({ at: this.#clock(), method: request.method, origin, pathname, route, status, faults: faults.map(({ kind }) => kind) });
  }
}
