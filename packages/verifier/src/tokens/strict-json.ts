import { asObject, type Json } from '@passerby/shared';

/** Deeper than any claim anybody needs, shallow enough for every function that walks it. */
const MAX_DEPTH = 16;

/** The JSON object in a text, or null: also where an object names a member twice (two readers could see two tokens, RFC 7519 §4) or nests too deep. */
export function parseStrictJson(text: string): Json | null {
  try {
    const value = asObject(JSON.parse(text));
    return value && isPlain(text) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** A copy nobody can change and that inherits nothing: `claims.constructor` is undefined unless the token says so. */
export function frozenCopy(object: Json): Json {
  const copy = Object.assign(Object.create(null) as Record<string, unknown>, Object.fromEntries(Object.entries(object).map(([name, value]) => [name, frozen(value)])));
  return Object.freeze(copy);
}

function frozen(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozen));
  const object = asObject(value);
  return object ? frozenCopy(object) : value;
}

/** Walks the brackets and strings of a text that is known to be JSON; a string before a colon is a member's name. */
function isPlain(text: string): boolean {
  const open: Set<string>[] = [];
  for (const { 0: token, index } of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/g)) {
    if (token === '{' || token === '[') {
      if (open.push(new Set()) > MAX_DEPTH) return false;
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (isName(text, index + token.length)) {
      const names = open.at(-1);
      const name: unknown = JSON.parse(token);
      if (typeof name !== 'string' || !names || names.has(name)) return false;
      names.add(name);
    }
  }
  return true;
}

/** True where a colon comes next, however far: blanks do not make a member's name another thing. */
function isName(text: string, end: number): boolean {
  const colon = /\s*:/y;
  colon.lastIndex = end;
  return colon.test(text);
}
