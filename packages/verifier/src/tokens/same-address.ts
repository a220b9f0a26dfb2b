/** A scheme, a host, perhaps a port, a path; what follows is left out. Only whole escapes, no backslash, and nobody's name or password. */
const ADDRESS = /^(https?):\/\/((?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})+|\[[\da-f:.]+\])(?::(\d*))?((?:\/(?:[!"$&->@-[\]-~]|%[\da-f]{2})*)?)(?:[?#][!-~]*)?$/i;
const DEFAULT_PORT: Readonly<Record<string, string>> = { http: '80', https: '443' };

/** True where two texts are one address, however they are spelled: case, escapes, dots and the default port (RFC 3986 §6.2.2, §6.2.3). Query and fragment don't count. */
export function isSameAddress(one: string, other: string): boolean {
  const address = normalized(one);
  return address !== null && address === normalized(other);
}

/** By hand, because the URL parser forgives much more (line breaks, backslashes, numbers for hosts), and Node 20's leaves the dots of `/.a/b/../../c` where they are. */
function normalized(text: string): string | null {
  const [, scheme, host, port = '', path = ''] = ADDRESS.exec(text) ?? [];
  if (scheme === undefined || host === undefined) return null;
  const protocol = scheme.toLowerCase();
  const explicitPort = port === '' || port === DEFAULT_PORT[protocol] ? '' : `:${port}`;
  return `${protocol}://${unescaped(host).toLowerCase()}${explicitPort}${withoutDots(unescaped(path))}`;
}

/** Letters, digits and `-._~` as they are, any other escape in capitals. */
function unescaped(text: string): string {
  return text.replace(/%[\da-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(parseInt(escape.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : escape.toUpperCase();
  });
}

/** RFC 3986 §5.2.4. A dot at the end leaves its slash behind. */
function withoutDots(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/').slice(1)) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  const end = kept.length > 0 && /\/\.{1,2}$/.test(path) ? '/' : '';
  return `/${kept.join('/')}${end}`;
}
