interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  readonly wide: boolean;
  readonly httpOnly: boolean;
}

/** The cookies of one browser, as far as these tests need them: names, hosts and ends. */
export class CookieJar {
  cookies: Cookie[] = [];

  store(url: URL, response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const name = pair.slice(0, pair.indexOf('='));
      const value = pair.slice(name.length + 1);
      const attribute = (wanted: string): string | undefined =>
        attributes.find((one) => one.toLowerCase().startsWith(wanted))?.split('=')[1] ?? (attributes.some((one) => one.toLowerCase() === wanted) ? '' : undefined);
      const domain = attribute('domain')?.replace(/^\./, '');
      this.cookies = this.cookies.filter((cookie) => cookie.name !== name || cookie.domain !== (domain ?? url.hostname));
      if (attribute('max-age') !== '0') this.cookies.push({ name, value, domain: domain ?? url.hostname, wide: domain !== undefined, httpOnly: attribute('httponly') !== undefined });
    }
  }

  for(url: URL): string {
    return this.#matching(url).map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  /** What a script on that page reads. */
  readable(url: URL): string {
    return this.#matching(url).filter(({ httpOnly }) => !httpOnly).map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  #matching({ hostname }: URL): Cookie[] {
    return this.cookies.filter(({ domain, wide }) => hostname === domain || (wide && hostname.endsWith(`.${domain}`)));
  }
}
