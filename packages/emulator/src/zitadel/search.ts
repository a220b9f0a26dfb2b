import type { Json } from '@passerby/shared';
import { Refusal } from './refusal.ts';
import { count, flag, optionalString } from './wire.ts';

const LARGEST_PAGE = 1000;
const DEFAULT_PAGE = 100;

type Matcher = (text: string) => boolean;

const METHODS: Readonly<Record<string, (text: string, sought: string) => boolean>> = {
  EQUALS: (text, sought) => text === sought,
  STARTS_WITH: (text, sought) => text.startsWith(sought),
  ENDS_WITH: (text, sought) => text.endsWith(sought),
  CONTAINS: (text, sought) => text.includes(sought),
};

/** What a query on a text asks for; `prefix` is what the names of its methods begin with. Equality when it names none. @throws Refusal */
export function textMatcher(query: Json, { field, prefix }: { readonly field: string; readonly prefix: string }): Matcher {
  const sought = optionalString(query, field) ?? '';
  const name = optionalString(query, 'method') ?? `${prefix}EQUALS`;
  const [word = '', ignored] = (name.startsWith(prefix) ? name.slice(prefix.length) : '').split(/(_IGNORE_CASE)$/);
  const method = METHODS[word];
  if (!method) throw new Refusal('invalid_argument', '', 'proto: invalid value for field method');
  return ignored === undefined ? (text) => method(text, sought) : (text) => method(text.toLowerCase(), sought.toLowerCase());
}

/** The page of an ascending list that was asked for; descending unless `asc` says otherwise. @throws Refusal */
export function sliceOf<Row>(ascending: readonly Row[], query: Json): { readonly rows: readonly Row[]; readonly appliedLimit: number } {
  const [offset, limit] = [count(query, 'offset'), count(query, 'limit')];
  if (limit > LARGEST_PAGE) throw new Refusal('invalid_argument', 'QUERY-4M0fs', 'Limit is exceeded');
  const appliedLimit = limit === 0 ? DEFAULT_PAGE : limit;
  const rows = flag(query, 'asc') === 'set' ? ascending : [...ascending].reverse();
  return { rows: rows.slice(offset, offset + appliedLimit), appliedLimit };
}
