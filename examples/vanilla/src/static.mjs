/** The shop's pages: the files of public/ and the client, by an exact list, so that no address leads anywhere else. */
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname } from 'node:path';

/**
 * @typedef {object} Sites
 * @property {string} shopUrl
 * @property {string} loginUrl
 * @property {string} verifierUrl
 * @property {'authress' | 'oidc' | 'zitadel' | 'descope' | 'app-id'} [provider] which kind of identity service is at loginUrl; default: authress
 * @property {Readonly<Record<string, string>>} [service] what else the page's provider is told
 */

const folder = new URL('../public/', import.meta.url);

/** @type {Readonly<Record<string, string>>} */
const types = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * Lists the pages; the answer finds one by its exact path, undefined where there is none.
 * @param {Sites} sites
 * @returns {Promise<(pathname: string) => Promise<import('./answers.mjs').Answer | undefined>>}
 */
export async function listPages(sites) {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = new Map(entries.filter((entry) => entry.isFile()).map(({ name }) => [`/${name}`, /** @type {URL | string} */ (new URL(name, folder))]));
  files.set('/', new URL('index.html', folder));
  files.set('/passerby.js', createRequire(import.meta.url).resolve('@passerby/login/passerby.min.js'));
  return async (pathname) => {
    const file = files.get(pathname);
    if (!file) return undefined;
    const isPage = pathname === '/' || pathname === '/index.html';
    const body = await readFile(file);
    return {
      status: 200,
      headers: { 'content-type': types[extname(String(file))] ?? 'application/octet-stream', ...headersOf(pathname, sites) },
      body: isPage ? body.toString().replace('{{signIn}}', () => signInSettings(sites)) : body,
    };
  };
}

/** @param {string} pathname @param {Sites} sites @returns {Readonly<Record<string, string>>} */
function headersOf(pathname, sites) {
  return {
    // The address of the callback page holds a code for a moment, so nobody keeps it.
    'cache-control': pathname === '/callback.html' ? 'no-store' : 'no-cache',
    'content-security-policy': contentSecurityPolicy(sites),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
}

/** What the page is told of the services, as JSON in an attribute. @param {Sites} sites */
function signInSettings({ provider = 'authress', loginUrl, verifierUrl, service }) {
  return JSON.stringify({ provider, loginUrl, verifierUrl, service }).replaceAll('&', '&amp;').replaceAll('"', '&quot;');
}

/**
 * What a shop that uses Passerby must allow. Guests of Authress start in a frame that goes by the verifier; those of the verifier itself
 * start by a request to it; and where it is mounted in the shop, no other site is asked for anything.
 * @param {Sites} sites
 */
function contentSecurityPolicy({ provider = 'authress', loginUrl, verifierUrl, service }) {
  const services = {
    authress: [`connect-src 'self' ${loginUrl}`, `frame-src 'self' ${loginUrl} ${verifierUrl}`],
    oidc: [`connect-src 'self' ${loginUrl} ${verifierUrl}`, "frame-src 'none'"],
    zitadel: ["connect-src 'self'", "frame-src 'none'"],
    descope: [`connect-src 'self' ${loginUrl} ${verifierUrl}`, "frame-src 'none'"],
    'app-id': service?.['client'] === 'public' ? [`connect-src 'self' ${loginUrl}`, `frame-src 'self' ${loginUrl}`] : [`connect-src 'self' ${verifierUrl}`, "frame-src 'none'"],
  };
  return [
    "default-src 'self'",
    ...services[provider],
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    // Where guests start in a frame, the shop frames its own callback page.
    "frame-ancestors 'self'",
  ].join('; ');
}
