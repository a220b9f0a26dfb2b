/** An address that may be trusted with a person: https, or http on this machine; null: it is none. */
export function secureUrl(address: unknown): URL | null {
  if (typeof address !== 'string' || !URL.canParse(address)) return null;
  const url = new URL(address);
  return url.protocol === 'https:' || (url.protocol === 'http:' && /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)) ? url : null;
}
