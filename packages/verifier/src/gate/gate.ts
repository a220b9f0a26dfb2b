import type { Visit } from '../authress/login.ts';
import type { Asked } from '../issuer/form.ts';
import { Refused } from '../issuer/refused.ts';
import type { Rate, Store } from '../store/store.ts';
import type { Proof } from '../tokens/dpop-proof.ts';
import { networkOf } from './address.ts';
import { refuseUnlessScript } from './origin.ts';

export interface GateParts {
  readonly origins: ReadonlySet<string>;
  readonly store: Store;
  readonly rateLimit: { readonly network: Rate; readonly key: Rate };
  readonly captcha?: ((response: string, visit: Visit) => boolean | Promise<boolean>) | undefined;
  allow(visit: Visit): boolean | Promise<boolean>;
}

/** Decides who may be a guest; the cheap checks come first, so that a flood costs little. @throws Refused */
export async function passGate(asked: Asked, parts: GateParts, prove: () => Promise<Proof>): Promise<Proof> {
  refuseUnlessScript(asked.headers, parts.origins);
  await takeTurn(`network ${networkOf(asked.clientAddress)}`, parts.rateLimit.network, parts.store);
  const proof = await prove();
  await takeTurnOf(proof, parts);
  await refuseByRules(asked, parts);
  return proof;
}

/** One turn of a key, for whatever its holder asks for. @throws Refused `rate_limited` */
export function takeTurnOf({ thumbprint }: Proof, { rateLimit, store }: Pick<GateParts, 'rateLimit' | 'store'>): Promise<void> {
  return takeTurn(`key ${thumbprint}`, rateLimit.key, store);
}

/** How often a network, and a subject, may ask. */
export interface Limits {
  readonly rateLimit: { readonly network: Rate; readonly subject: Rate };
  readonly store: Pick<Store, 'takeTurn'>;
}

/** @throws Refused `rate_limited` */
export async function takeNetworkTurn({ clientAddress }: Pick<Asked, 'clientAddress'>, { settings: { rateLimit, store } }: { readonly settings: Limits }): Promise<void> {
  await takeTurn(`network ${networkOf(clientAddress)}`, rateLimit.network, store);
}

/** @throws Refused `rate_limited` */
export async function takeSubjectTurn<T extends { readonly subject: string }>(holder: T, { rateLimit, store }: Limits): Promise<T> {
  await takeTurn(`subject ${holder.subject}`, rateLimit.subject, store);
  return holder;
}

/** @throws Refused `rate_limited` */
export async function takeTurn(bucket: string, rate: Rate, store: Pick<Store, 'takeTurn'>): Promise<void> {
  const waitMs = await store.takeTurn(bucket, rate);
  if (waitMs > 0) throw new Refused('rate_limited', 'Too many at once: try again later', { headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) } });
}

/** The captcha, and the shop's own rule. @throws Refused `captcha_required`, `access_denied` */
export async function refuseByRules({ form, headers, clientAddress }: Asked, { captcha, allow }: Pick<GateParts, 'captcha' | 'allow'>): Promise<void> {
  const visit = { clientAddress, headers: new Headers(headers) };
  if (captcha) {
    const response = form.get('captcha_response');
    // Only `true` lets in, here and below: a rule in plain JavaScript that forgot its return must not open the gate.
    if (response === undefined || (await captcha(response, visit)) !== true) throw new Refused('captcha_required', 'Solve the captcha and send captcha_response');
  }
  if ((await allow(visit)) !== true) throw new Refused('access_denied', 'This visitor is not let in');
}
