/** Our own verifier, as a shop runs it, on the stub's clock. */
import { createIssuer, memoryStore } from '@passerby/verifier';
import { toNodeListener } from '@passerby/verifier/node';
import { CLIENT, newKeys, NO_LIMITS } from '../lib/issuer.mjs';

/**
 * A listener, and the form that the latest guest sent. Besides the issuer's own addresses it has `/bare`, which answers with the body and the headers of the latest
 * guest's tokens and does nothing for it.
 */
export function openVerifier({ origins, world }) {
  const issuer = createIssuer({ issuer: origins.verifier, keys: newKeys(), clientId: CLIENT, origins: [origins.app], store: memoryStore(), rateLimit: NO_LIMITS, now: () => world.now() });
  let last = { form: '', body: '', headers: [] };
  const listener = toNodeListener(async (request, from) => {
    const form = await request.clone().text();
    if (new URL(request.url).pathname === '/bare') return new Response(last.body, { headers: last.headers });
    const answer = await issuer.handler(request, from);
    if (answer.ok && request.method === 'POST') last = { form, body: await answer.clone().text(), headers: [...answer.headers] };
    return answer;
  });
  return { listener, lastGuest: () => last.form };
}
