/**
 * What is to be reached, row by row. A subject gives a number for each of its rows; where one is missed, shortfalls.md says why under the row's `id`.
 * `most`: the number may be as much; `least`: it must be.
 */
import { BUDGETS } from '../scripts/size.mjs';

const sizes = Object.fromEntries(BUDGETS.map(({ id, wanted }) => [id, wanted / 1_000]));

export const SUBJECTS = {
  size: 'what a page loads',
  startup: 'what it costs to parse and evaluate it, in Chromium',
  token: 'a cached token, in Chromium',
  'first-guest': 'the first guest by one request, in Chromium',
  'authress-guest': "the first guest by Authress's protocol, in Chromium",
  'page-load': 'a page that opens with a session, in Chromium',
  'proof-of-work': 'the work that Authress asks for, in Chromium',
  expiry: 'a thousand calls at expiry, in Chromium',
  tabs: 'twenty tabs at expiry, in Chromium',
  mint: 'guests a second and their memory, in Node',
  many: 'many clients, listeners, tabs and keys',
  heap: 'the heap after 100,000 tokens, in Chromium',
  links: 'links a second, on PostgreSQL',
};

/** No worse than linear, and a quarter for the noise of one run: ten times as many take 12.5 times as long at most. */
const linear = (times) => times * 1.25;

export const WANTED = [
  { id: 'size-authress', subject: 'size', what: 'First load of `LoginClient` with Authress, gzip -9', most: sizes['size-authress'], unit: ' kB', digits: 1 },
  { id: 'size-authress-lazy', subject: 'size', what: 'The same with all its lazy chunks', most: sizes['size-authress-lazy'], unit: ' kB', digits: 1 },
  { id: 'size-oidc', subject: 'size', what: 'First load of the core with the OpenID provider', most: sizes['size-oidc'], unit: ' kB', digits: 1 },
  { id: 'startup-1', subject: 'startup', what: 'Parse and evaluate, main-thread CPU', most: 0.8, unit: ' ms', digits: 2 },
  { id: 'startup-4', subject: 'startup', what: 'Parse and evaluate, CPU ×4', most: 5, unit: ' ms', digits: 1 },
  { id: 'token-ns', subject: 'token', what: 'Cached `getToken()`, awaited in sequence', most: 120, unit: ' ns', digits: 0 },
  { id: 'token-ratio', subject: 'token', what: 'The same, beside an async function that returns a string', most: 4.5, unit: '×', digits: 1 },
  { id: 'guest-requests', subject: 'first-guest', what: 'First guest: requests', most: 1, unit: '', digits: 0 },
  { id: 'guest-preflights', subject: 'first-guest', what: 'First guest: preflights', most: 0, unit: '', digits: 0 },
  { id: 'guest-ratio', subject: 'first-guest', what: 'First guest, 50 ms added, after `completeLogin()`, beside the bare fetch', most: 1.25, unit: '×', digits: 2 },
  { id: 'guest-ratio-cold', subject: 'first-guest', what: 'The same as the first call of a page', most: 1.25, unit: '×', digits: 2 },
  { id: 'authress-documents', subject: 'authress-guest', what: "First guest by Authress's protocol: documents loaded", most: 0, unit: '', digits: 0 },
  { id: 'authress-ratio', subject: 'authress-guest', what: "The same, after `completeLogin()`, beside the published SDK's redirect", most: 0.7, unit: '×', digits: 2 },
  { id: 'authress-ratio-cold', subject: 'authress-guest', what: 'The same as the first call of a page', most: 0.7, unit: '×', digits: 2 },
  { id: 'load-requests', subject: 'page-load', what: 'Page load with a stored session: requests until the token', most: 0, unit: '', digits: 0 },
  { id: 'load-ratio', subject: 'page-load', what: 'The same, beside the IndexedDB floor', most: 1.25, unit: '×', digits: 2 },
  { id: 'load-beyond', subject: 'page-load', what: 'The same, beyond @authress/login', most: 2, unit: ' ms', digits: 1 },
  { id: 'work-warm', subject: 'proof-of-work', what: "Proof of work: faster than the published SDK's loop, warm", least: 8, unit: '×', digits: 1 },
  { id: 'work-cold', subject: 'proof-of-work', what: 'The same on a cold page', least: 2.5, unit: '×', digits: 1 },
  { id: 'work-block', subject: 'proof-of-work', what: 'The same: longest hold of the main thread at CPU ×4', most: 16, unit: ' ms', digits: 1 },
  { id: 'expiry-requests', subject: 'expiry', what: '1,000 calls at expiry: requests', most: 1, unit: '', digits: 0 },
  { id: 'expiry-last', subject: 'expiry', what: 'The same, 50 ms service: until the last answer', most: 90, unit: ' ms', digits: 0 },
  { id: 'tabs-requests', subject: 'tabs', what: '20 tabs at expiry: requests', most: 1, unit: '', digits: 0 },
  { id: 'tabs-answered', subject: 'tabs', what: 'The same: tabs with a token', least: 20, unit: '', digits: 0 },
  { id: 'mint-ratio', subject: 'mint', what: 'Guests a second on one core, beside jose alone', least: 0.6, unit: '×', digits: 2 },
  { id: 'mint-p99', subject: 'mint', what: 'A guest at half of that, p99', most: 5, unit: ' ms', digits: 1 },
  { id: 'mint-heap', subject: 'mint', what: 'Growth of the heap over the last fifth of 100,000 guests', most: 1, unit: ' MB', digits: 2 },
  { id: 'many-clients', subject: 'many', what: '100 clients on a page beside 10', most: linear(10), unit: '×', digits: 1 },
  { id: 'many-listeners', subject: 'many', what: '100 listeners of a client beside 10', most: linear(10), unit: '×', digits: 1 },
  { id: 'many-tabs', subject: 'many', what: '100 tabs beside 20', most: linear(5), unit: '×', digits: 1 },
  { id: 'many-keys', subject: 'many', what: 'A JWKS of 50 keys beside 10', most: linear(5), unit: '×', digits: 1 },
  { id: 'heap', subject: 'heap', what: 'Growth of the heap by 100,000 `getToken()`', most: 64, unit: ' KiB', digits: 0 },
  { id: 'links-link', subject: 'links', what: 'A link among 1,000,000 identities beside 1,000', most: 2, unit: '×', digits: 2 },
  { id: 'links-sign-in', subject: 'links', what: 'A sign-in, likewise', most: 2, unit: '×', digits: 2 },
  { id: 'links-standing', subject: 'links', what: 'A standing, likewise', most: 2, unit: '×', digits: 2 },
];

export const isMet = ({ most = Infinity, least = -Infinity }, measured) => measured <= most && measured >= least;

/** `≤ 6.0 kB` */
export const limitOf = ({ most, least, unit }) => `${most === undefined ? '≥' : '≤'} ${most ?? least}${unit}`;
