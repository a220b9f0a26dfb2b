/** What goes wrong, on demand. */
export type Fault = { readonly route: string; /** How often; until cleared when absent. */ readonly times?: number } & (
  | ({ readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string } & CorsAnswer)
  /** A captive portal: 200 and a page where JSON was expected; no work is done. */
  | ({ readonly kind: 'html'; readonly status?: number } & CorsAnswer)
  /** The work is done, and half of the body arrives. */
  | { readonly kind: 'truncated' }
  /** The connection is cut before any work. */
  | { readonly kind: 'reset' }
  /** The work is done and committed, then the connection is cut. */
  | { readonly kind: 'lost_answer' }
  | { readonly kind: 'delay'; readonly ms: number }
);

/** Whether a page may read the faulty answer: a service's own error carries CORS headers, a box in between sends none. */
interface CorsAnswer {
  readonly cors?: 'answered' | 'absent';
}

export type FaultKind = Fault['kind'];

/** The connection ended without an answer. In process it is what `fetch` throws; over a socket the socket is destroyed. */
export class ConnectionCut extends TypeError {
  override readonly name = 'TypeError';

  constructor() {
    super('fetch failed');
  }
}

/** The faults that wait for a request. */
export class Faults {
  #waiting: { readonly fault: Fault; left: number }[] = [];

  /** Waits for requests of `fault.route`, such as `PATCH /api/session`, or of any where it is `*`. The answer takes it back. */
  add(fault: Fault): () => void {
    const entry = { fault, left: fault.times ?? Infinity };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  }

  clear(): void {
    this.#waiting = [];
  }

  /** What happens to this request: every delay, and the first other fault. Each counts as having happened. */
  take(route: string): Fault[] {
    const due = this.#waiting.filter(({ fault }) => fault.route === route || fault.route === '*');
    const other = due.find(({ fault }) => fault.kind !== 'delay');
    const taken = due.filter((entry) => entry === other || entry.fault.kind === 'delay');
    for (const entry of taken) entry.left -= 1;
    this.#waiting = this.#waiting.filter(({ left }) => left > 0);
    return taken.map(({ fault }) => fault);
  }
}

/** Answers a request with what goes wrong in it. @throws ConnectionCut */
export async function answerWith(faults: readonly Fault[], work: () => Promise<Response>, sleep: (ms: number) => Promise<void>): Promise<Response> {
  let answer = work;
  for (const fault of faults) {
    const inner = answer;
    switch (fault.kind) {
      case 'delay':
        answer = async () => {
          await sleep(fault.ms);
          return inner();
        };
        break;
      case 'status':
        answer = async () => new Response(fault.body ?? null, { status: fault.status, headers: { ...fault.headers } });
        break;
      case 'html':
        answer = async () => new Response('<!doctype html><title>Sign in to the network</title>', { status: fault.status ?? 200, headers: { 'content-type': 'text/html' } });
        break;
      case 'truncated':
        answer = async () => halved(await inner());
        break;
      case 'reset':
        answer = async () => {
          throw new ConnectionCut();
        };
        break;
      case 'lost_answer':
        answer = async () => {
          await inner();
          throw new ConnectionCut();
        };
        break;
    }
  }
  return answer();
}

/** Whether a page may read the answer after these faults. */
export function isReadable(faults: readonly Fault[]): boolean {
  return !faults.some((fault) => 'cors' in fault && fault.cors === 'absent');
}

async function halved(response: Response): Promise<Response> {
  const body = await response.text();
  return new Response(response.status === 204 ? null : body.slice(0, Math.floor(body.length / 2)), response);
}
