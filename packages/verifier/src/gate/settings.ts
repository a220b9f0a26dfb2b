/** Who is let in, as the shop sets it for any service: pages, mount, limits and rules. */
import type { Visit } from '../authress/login.ts';
import { checkOrigin, checkRate, insist } from '../checks.ts';
import type { Rate, Store } from '../store/store.ts';

export interface GateSettings {
  /** The origins of the shop's pages, such as `https://shop.example`. Nobody else's page is answered. */
  readonly origins: readonly string[];
  /** The path below which the shop's server mounts the handler. Default `/auth`. */
  readonly path?: string | undefined;
  /** Requests per IPv4 address or IPv6 /64 (default 300 at once, then 1 a second), and those of one subject (default 30 at once, then one in ten seconds). */
  readonly rateLimit?: { readonly network?: Rate | undefined; readonly subject?: Rate | undefined } | undefined;
  /** Judges the `captcha_response` of a guest to be: anything but `true` answers 403 `captcha_required`. */
  readonly captcha?: ((response: string, visit: Visit) => boolean | Promise<boolean>) | undefined;
  /** Your own rule for new guests, asked last: anything but `true` answers 403 `access_denied`. */
  readonly allow?: ((visit: Visit) => boolean | Promise<boolean>) | undefined;
}

export interface CheckedGate {
  readonly origins: ReadonlySet<string>;
  readonly path: string;
  readonly rateLimit: { readonly network: Rate; readonly subject: Rate };
  readonly captcha: GateSettings['captcha'];
  allow(visit: Visit): boolean | Promise<boolean>;
}

/** `what`: who checks, for messages. @throws TypeError */
export function checkGate({ origins, path = '/auth', rateLimit = {}, captcha, allow }: GateSettings, what: string): CheckedGate {
  insist(Array.isArray(origins) && origins.length > 0, `${what}: origins is missing: list the origins of the shop's pages, such as https://shop.example`);
  for (const origin of origins) checkOrigin(origin, `${what}: origins holds something that is not an origin`);
  insist(typeof path === 'string' && /^(?:\/[\w.~-]+)+$/.test(path), `${what}: path is not one: write it with a slash in front and none behind, such as '/auth'`);
  insist([captcha, allow].every((hook) => hook === undefined || typeof hook === 'function'), `${what}: captcha or allow is not a function: leave it out, or write one that returns true for whom it lets in`);
  return {
    origins: new Set(origins), path, captcha, allow: allow ?? (() => true),
    rateLimit: {
      network: checkRate(rateLimit.network ?? { burst: 300, perSecond: 1 }, `${what}: rateLimit.network`),
      subject: checkRate(rateLimit.subject ?? { burst: 30, perSecond: 0.1 }, `${what}: rateLimit.subject`),
    },
  };
}

/** `methods`: what of a store is needed. @throws TypeError */
export function checkStore(store: unknown, methods: readonly (keyof Store)[], what: string): void {
  insist(methods.every((name) => typeof Object(store)[name] === 'function'), `${what}: store is missing: write memoryStore() for one process, or a store on a database`);
}
