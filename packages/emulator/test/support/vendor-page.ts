import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ServiceClientTokenProvider } from '@authress/sdk';
import type { Site } from '../../src/index.ts';

/** The vendor's browser SDK as they publish it, one file with `Authress` as its global. */
const VENDOR_SDK = readFileSync(createRequire(import.meta.url).resolve('@authress/login'), 'utf8');

/** An application's site: one empty page with the vendor's SDK on it, at any address. */
export function vendorPage(origin: string): Site {
  return {
    origin,
    handle: async (request) =>
      new URL(request.url).pathname === '/authress.js'
        ? new Response(VENDOR_SDK, { headers: { 'content-type': 'text/javascript' } })
        : new Response('<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>shop</title><script src="/authress.js"></script>', { headers: { 'content-type': 'text/html' } }),
  };
}

/** A verifier made of the vendor's server SDK: whoever comes is a guest with the subject `nextSubject` makes. */
export function vendorVerifier(url: string, accessKey: string, nextSubject: () => string): Site & { readonly visits: string[] } {
  const visits: string[] = [];
  const provider = new ServiceClientTokenProvider(accessKey);
  return {
    origin: new URL(url).origin,
    visits,
    handle: async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname !== new URL(url).pathname) return new Response(null, { status: 404 });
      const subject = nextSubject();
      visits.push(subject);
      const [redirectUri = '', state = '', clientId = ''] = ['redirect_uri', 'state', 'client_id'].map((name) => searchParams.get(name) ?? '');
      const location = await provider.generateUserLoginUrl(redirectUri, state, clientId, subject);
      return new Response(null, { status: 302, headers: { location, 'referrer-policy': 'no-referrer' } });
    },
  };
}
