/** What settings have in common. Each throws TypeError with a message that begins with `what`. */
import { isSecure } from './settings.ts';
import type { Rate } from './store/store.ts';

export function checkOrigin(origin: unknown, what: string): void {
  if (!isSecure(origin)) throw new TypeError(`${what}: write https, host and port as in https://shop.example (http is for loopback only)`);
  if (new URL(origin).origin !== origin) throw new TypeError(`${what}: write ${new URL(origin).origin}`);
}

export function checkRate({ burst, perSecond }: Rate, what: string): Rate {
  if (!Number.isSafeInteger(burst) || burst < 1) throw new TypeError(`${what}.burst is not a whole number of 1 or more`);
  if (!Number.isFinite(perSecond) || perSecond <= 0) throw new TypeError(`${what}.perSecond is not a number above 0`);
  return { burst, perSecond };
}

/** @throws TypeError with the message */
export function insist(holds: boolean, message: string): asserts holds {
  if (!holds) throw new TypeError(message);
}
