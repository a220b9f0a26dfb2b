/** What a network, a service or a storage does on a bad day. */
import type { WireAnswer } from './service.ts';

export type ServiceFault =
  | 'offline' | '408' | '425' | '429' | '429 for 3 s' | '429 for 30 s' | '500' | '502' | '503 for 2 s' | '520' | 'html' | 'empty' | 'null' | 'text'
  | '302' | '403' | '404 html' | '405' | '401' | '451' | '511' | 'invalid_client'
  | 'lost' | 'lost 502' | 'truncated' | 'slow' | 'silent' | 'silent but done';

export const serviceFaults: readonly ServiceFault[] = [
  'offline', '408', '425', '429', '429 for 3 s', '429 for 30 s', '500', '502', '503 for 2 s', '520', 'html', 'empty', 'null', 'text',
  '302', '403', '404 html', '405', '401', '451', '511', 'invalid_client',
  'lost', 'lost 502', 'truncated', 'slow', 'silent', 'silent but done',
];

/** How a fault treats a request: whether the service does what it was asked for, and what comes back. */
export interface Treatment {
  readonly commits: boolean;
  /** `as_is`: the service's own answer; null: a network error; `never`: nothing at all. */
  readonly answer: 'as_is' | 'half' | 'never' | WireAnswer | null;
  readonly delayMs?: number;
}

const HTML = '<!doctype html><title>Hotel Wi-Fi</title>';

export function treatment(fault: ServiceFault | null): Treatment {
  const says = (status: number, body = HTML, retryAfter?: string): Treatment => ({ commits: false, answer: { status, body, ...(retryAfter !== undefined && { retryAfter }) } });
  switch (fault) {
    case null: return { commits: true, answer: 'as_is' };
    case 'offline': return { commits: false, answer: null };
    case 'lost': return { commits: true, answer: null };
    case 'lost 502': return { commits: true, answer: { status: 502, body: HTML } };
    case 'truncated': return { commits: true, answer: 'half' };
    case 'slow': return { commits: true, answer: 'as_is', delayMs: 6_000 };
    case 'silent': return { commits: false, answer: 'never' };
    case 'silent but done': return { commits: true, answer: 'never' };
    case '429 for 3 s': return says(429, '', '3');
    case '429 for 30 s': return says(429, '{"error":"slow_down"}', '30');
    case '503 for 2 s': return says(503, HTML, '2');
    case 'html': return says(200);
    case 'empty': return says(200, '{}');
    case 'null': return says(200, 'null');
    case 'text': return says(200, 'ok');
    case '404 html': return says(404);
    case '401': return says(401, '{"message":"Unauthorized"}');
    case 'invalid_client': return says(401, '{"error":"invalid_client"}');
    default: return says(Number(fault));
  }
}

export type StorageFault = 'throws' | 'hangs' | 'late' | 'full';
export const storageFaults: readonly StorageFault[] = ['throws', 'hangs', 'late', 'full'];
