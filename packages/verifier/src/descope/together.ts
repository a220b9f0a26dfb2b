/** How much may be kept of everything together: it travels in a header, or in a cookie of four kilobytes. */
import { Refused } from '../issuer/refused.ts';
import { bytesOf, type Attributes } from '../listed-texts.ts';

/** As JSON. */
const MOST_BYTES_OF_ALL = 2_048;

/** More than there is room for. */
export class TooMuch extends Refused {
  constructor() {
    super('invalid_request', `What is kept has ${MOST_BYTES_OF_ALL} bytes together, as JSON: take some away first`);
  }
}

/** Refuses what is too much with what is there already; whoever only takes away is never refused. @throws TooMuch */
export function refuseTooMuch(before: Attributes, change: ReadonlyMap<string, string>): void {
  const isMore = [...change.values()].some((text) => text !== '');
  if (isMore && !fitsTogether({ ...before, ...Object.fromEntries(change) })) throw new TooMuch();
}

export const fitsTogether = (all: Attributes): boolean => bytesOf(JSON.stringify(Object.fromEntries(Object.entries(all).filter(([, text]) => text !== '')))) <= MOST_BYTES_OF_ALL;
