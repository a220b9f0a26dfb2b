/** `fetch()` with who is here, at an API that sends its callers on to somebody else. */
import { serveEmulator, type Serving, type Site } from '@passerby/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePorts } from '../packages/emulator/test/support/ports.ts';
import { engines } from './support/engines.ts';
import { openOpenIdShop } from './support/openid-shop.ts';
import { sceneIn } from './support/scene.ts';

const REDIRECTS = [301, 302, 303, 307, 308];

/** What one of the servers was asked: the method, and whether the credential came along. */
interface Seen {
  readonly by: 'api' | 'elsewhere';
  readonly method: string;
  readonly authorization: string | null;
}

describe.for(engines.map((engine) => [engine.name, engine] as const))('in %s', ([, engine]) => {
  const scene = sceneIn(engine, openOpenIdShop);
  let seen: Seen[];
  let api: string;
  let elsewhere: string;
  let serving: Serving;
  beforeEach(async () => {
    const [port] = await freePorts(1);
    [api, elsewhere] = [`http://api.shop.localhost:${port}`, `http://elsewhere.localhost:${port}`];
    seen = [];
    const site = (by: Seen['by'], origin: string): Site => ({ origin, handle: async (request) => (seen.push({ by, method: request.method, authorization: request.headers.get('authorization') }), sendOn(request)) });
    serving = await serveEmulator({ origins: [], handle: sendOn }, { sites: [site('api', api), site('elsewhere', elsewhere)] });
  });
  afterEach(() => serving.close());

  it.for(['of another origin', "of the page's own origin"] as const)('a credential goes to a listed API %s, and to nobody it redirects to', async (whose) => {
    const first = whose === 'of another origin' ? api : scene.place.shopUrl;
    const tab = await scene.visitor.openTab(scene.place.blank);
    await tab.evaluate(scene.place.client({ apiOrigins: [first, api] }));
    const ask = async (status: number, to: string, method: string): Promise<readonly Seen[]> => {
      seen.length = 0;
      const url = `${first}/away?${new URLSearchParams({ status: String(status), to })}`;
      expect(await tab.evaluate(async ({ url, method }) => (await window.login.fetch(url, { method })).url, { url, method })).toBe(to);
      return seen.filter((one) => one.method !== 'OPTIONS');
    };

    for (const status of REDIRECTS) {
      for (const method of ['GET', 'POST']) {
        const told = await ask(status, `${elsewhere}/`, method);
        expect(told.filter(({ by }) => by === 'api').map(({ authorization }) => authorization)).toEqual(first === api ? [expect.stringMatching(/^Bearer ey/)] : []);
        expect(told.filter(({ by }) => by === 'elsewhere')).toEqual([{ by: 'elsewhere', method: method === 'POST' && status >= 307 ? 'POST' : 'GET', authorization: null }]);
      }
    }
    // Not even where it sends back; WebKitGTK refuses to go back to it from a page of the same origin.
    const back = `${elsewhere}/away?${new URLSearchParams({ status: '307', to: `${api}/` })}`;
    seen.length = 0;
    await tab.evaluate((url) => window.login.fetch(url).then(() => 'answered', () => 'refused'), `${first}/away?${new URLSearchParams({ status: '307', to: back })}`);
    const after = seen.slice(seen.findIndex(({ by }) => by === 'elsewhere'));
    expect(after.map(({ authorization }) => authorization)).toEqual(after.map(() => null));
    expect(after.length).toBeGreaterThan(0);
  });
});

/** `/away?status=307&to=…` sends its caller there; every other address answers. Anybody's page may read it, with any header. */
async function sendOn(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const headers = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'authorization', 'cache-control': 'no-store' };
  if (pathname !== '/away' || request.method === 'OPTIONS') return new Response(null, { status: 204, headers });
  return new Response(null, { status: Number(searchParams.get('status')), headers: { ...headers, location: searchParams.get('to') ?? '' } });
}
