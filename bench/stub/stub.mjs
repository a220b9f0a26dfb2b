/**
 * The app's own host and every service that somebody measured asks, in one process on loopback: HTTPS with HTTP/2, each answer late by `delayMs`, each request noted.
 * `app.bench.test` has the pages, `auth.bench.test` the services (another origin of the same site, as with a custom domain), `verify` and `login` the hosted
 * pages of Authress's way, and `verifier` is our own verifier, the real one.
 */
import { createSecureServer } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { html, refused } from './answers.mjs';
import { authress, hostedPages } from './authress.mjs';
import { makeCertificate } from './certificate.mjs';
import { descope } from './descope.mjs';
import { firebase } from './firebase.mjs';
import { floor } from './floor.mjs';
import { openid } from './openid.mjs';
import { supabase } from './supabase.mjs';
import { openVerifier } from './verifier.mjs';
import { World } from './world.mjs';

export const DOMAIN = 'bench.test';
const HOSTS = ['app', 'auth', 'verify', 'login', 'verifier'];
const SERVICES = [hostedPages, floor, openid, supabase, firebase, descope, authress];

/** Serves these scripts by their names: `/name` is a page that loads `name`. */
export async function openStub(scripts) {
  const { pin, ...certificate } = makeCertificate([`*.${DOMAIN}`, DOMAIN]);
  const server = createSecureServer({ ...certificate, allowHTTP1: true });
  const connections = new Set();
  server.on('connection', (connection) => connections.add(connection.once('close', () => connections.delete(connection))));
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  const origins = Object.fromEntries(HOSTS.map((host) => [host, `https://${host}.${DOMAIN}:${port}`]));

  const world = new World();
  const stub = {
    origins, pin, scripts, world, delayMs: 0, hosted: 'redirects',
    /** Every request since it was last emptied: `{ method, host, path, destination, status, at }`, `at` in this process's milliseconds. */
    asked: [],
    async close() {
      for (const connection of connections) connection.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const verifier = openVerifier({ origins, world });
  server.on('request', (incoming, outgoing) => void answer(incoming, outgoing, { stub, verifier }));
  return Object.assign(stub, { lastGuest: verifier.lastGuest });
}

async function answer(incoming, outgoing, { stub, verifier }) {
  const { origins, world } = stub;
  const { pathname: path, searchParams: query } = new URL(incoming.url, origins.app);
  const { headers, method } = incoming;
  const [host] = (headers[':authority'] ?? headers.host ?? '').split('.');
  const entry = { method, host, path, destination: headers['sec-fetch-dest'] ?? '', status: 0, at: performance.now() };
  if (path !== '/favicon.ico') stub.asked.push(entry);
  outgoing.once('finish', () => Object.assign(entry, { status: outgoing.statusCode }));
  try {
    if (stub.delayMs > 0) await sleep(stub.delayMs);
    if (host === 'verifier') return verifier.listener(incoming, outgoing);
    const visit = { method, host, path, query, headers, form: await readForm(incoming), world, origins, stub };
    send(method === 'OPTIONS' ? preflight(visit) : (host === 'app' ? page(visit) : service(visit)), visit, outgoing);
  } catch (error) {
    console.error(`${method} ${host}${path}`, error);
    outgoing.writeHead(500).end();
  }
}

const service = (visit) => SERVICES.reduce((found, route) => found ?? route(visit), null) ?? refused({ error: 'not_found' }, 404);

function page({ path, query, stub: { scripts } }) {
  // Cross-origin isolation: only then is a page's clock finer than 0.1 ms.
  const isolated = query.has('isolated') ? { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' } : {};
  const file = /^\/scripts\/(.+)\.js$/.exec(path)?.[1];
  if (file !== undefined) return script(scripts[file]);
  const name = path.slice(1);
  const element = Object.hasOwn(scripts, name) ? `<script type="module" src="/scripts/${name}.js"></script>` : '';
  return html(`<!doctype html><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,"><body>${element}`, isolated);
}

function script(body) {
  if (body === undefined) return refused({ error: 'not_found' }, 404);
  return { status: 200, headers: { 'content-type': 'text/javascript', 'cache-control': 'public, max-age=3600, immutable', 'cross-origin-embedder-policy': 'require-corp', 'cross-origin-resource-policy': 'same-origin' }, body };
}

function preflight({ headers }) {
  return { status: 204, headers: { 'access-control-allow-methods': 'GET, POST, PATCH, PUT, DELETE', 'access-control-allow-headers': headers['access-control-request-headers'] ?? '*' }, body: '' };
}

function send({ status, headers, body }, { headers: { origin } }, outgoing) {
  const cors = origin && { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true', vary: 'origin' };
  outgoing.writeHead(status, { 'cache-control': 'no-store', ...cors, ...headers }).end(body);
}

/** The fields of a body, a form's or JSON's. */
async function readForm(incoming) {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text.trimStart().startsWith('{') ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
}
