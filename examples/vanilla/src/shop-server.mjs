/** The shop's own server: its pages and its API. */
import { createServer } from 'node:http';
import { Refusal } from './answers.mjs';
import { answerApi } from './api.mjs';
import { note, pathOf } from './request-log.mjs';
import { listPages } from './static.mjs';

/**
 * @param {object} settings
 * @param {import('./static.mjs').Sites} settings.sites
 * @param {import('./api.mjs').Shop} settings.shop
 * @param {import('./request-log.mjs').RequestEntry[]} settings.requests every request is noted here
 * @param {{ readonly path: string, readonly answer: import('node:http').RequestListener }} [settings.mounted] what is answered below a path of the shop's own
 * @returns {Promise<import('node:http').Server>} not listening yet
 */
export async function createShopServer({ sites, shop, requests, mounted }) {
  const findPage = await listPages(sites);
  return createServer((incoming, outgoing) => {
    note(requests, incoming);
    if (mounted && pathOf(incoming).startsWith(`${mounted.path}/`)) return mounted.answer(incoming, outgoing);
    // Not awaited: a listener has nobody to tell; every failure is answered inside.
    void serve(incoming, outgoing);
  });

  /** @param {import('node:http').IncomingMessage} incoming @param {import('node:http').ServerResponse} outgoing */
  async function serve(incoming, outgoing) {
    try {
      const { status, headers, body } = await answer(incoming);
      outgoing.writeHead(status, headers);
      outgoing.end(incoming.method === 'HEAD' ? undefined : body);
    } catch (error) {
      // Where it failed, without the message: that may quote what was sent.
      console.error(`shop: ${incoming.method} ${pathOf(incoming)} failed`, error instanceof Error ? (error.stack ?? '').split('\n').slice(1).join('\n') : typeof error);
      const { status, headers, body } = new Refusal(500, 'server', 'Something failed here: try again later').answer();
      if (!outgoing.headersSent) outgoing.writeHead(status, headers);
      outgoing.end(body);
    }
  }

  /** @param {import('node:http').IncomingMessage} incoming @returns {Promise<import('./answers.mjs').Answer>} */
  async function answer(incoming) {
    const pathname = pathOf(incoming);
    if (pathname.startsWith('/api/')) return answerApi(pathname, { incoming, shop });
    if (incoming.method !== 'GET' && incoming.method !== 'HEAD') return new Refusal(405, 'method_not_allowed', 'There is no such method here', { allow: 'GET, HEAD' }).answer();
    if (pathname === '/' && isMisnamed(incoming)) return { status: 307, headers: { location: `${sites.shopUrl}/`, 'cache-control': 'no-store' }, body: '' };
    return (await findPage(pathname)) ?? new Refusal(404, 'not_found', 'There is no such address here').answer();
  }

  /** The login host knows the shop by one name only, so a guest can start under no other. @param {import('node:http').IncomingMessage} incoming */
  function isMisnamed(incoming) {
    return incoming.headers.host !== new URL(sites.shopUrl).host;
  }
}
