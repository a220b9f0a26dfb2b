import type { Refusal } from './refusal.ts';

export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } });
}

export function empty(): Response {
  return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } });
}

export function refusalJson({ status, code, message }: Refusal): Response {
  return json({ error: code, error_description: message }, status);
}
