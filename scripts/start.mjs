/** `npm start`: installs, builds, starts emulator, verifier and shop, and stays. `--check`: sees that they answer, and ends. */
import { request } from 'node:http';
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { build, install, say } from './steps.mjs';

const PROVIDERS = {
  authress: { name: 'the emulated Authress', keys: '/.well-known/openid-configuration/jwks' },
  oidc: { name: 'an emulated OpenID provider', keys: '/jwks' },
  zitadel: { name: 'the emulated ZITADEL', keys: '/oauth/v2/keys' },
  descope: { name: 'the emulated Descope', keys: '/v2/keys/P2passerbyShopInDevelopment' },
  'app-id': { name: 'the emulated App ID', keys: '/oauth/v4/tenant_shop/publickeys' },
};

const HELP = `npm start [-- --provider oidc] [--check]

  --provider  the identity service: ${Object.keys(PROVIDERS).join(' (default) or ')}
  --generation  of Descope's guests: new (default), anonymous tokens, or old, temporary users
  --client    of App ID: regular (default), with a verifier, or public, the page alone
  --check     start, see that everything answers, stop, and exit with 0
  --help      this text

  PORT               the first of five ports in a row (default 4600): PORT=5600 npm start
  SHOP_DATABASE_URL  where --provider oidc keeps who is whom: postgres://… (default: PGlite, in memory)`;

/** As many as the demo takes; it cannot be asked before it is installed. */
const PORT_COUNT = 5;

const options = readOptions();
if (options.help) {
  console.log(HELP);
} else {
  await start({ port: readPort(), provider: readProvider(), generation: readGeneration(), client: readClient(), then: options.check ? check : stay });
}

async function start({ port, provider, generation, client, then }) {
  await refuseTakenPorts(port);
  // Both tell of newer versions by a link; the first link here is the shop's.
  process.env.NPM_CONFIG_UPDATE_NOTIFIER = 'false';
  await install();
  await build();
  say('Starting the identity service (emulated), the verifier and the shop');
  // Loaded only now: it stands on what was just installed and built.
  const { startDemo } = await import('../examples/vanilla/src/demo.mjs');
  const { openDatabase } = await import('../examples/vanilla/src/database.mjs');
  const demo = await startDemo({ port, provider, generation, client, openStore: openDatabase }).catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    return refuse(takenPort(error.port));
  });
  await then(demo, { port, provider, client });
}

async function stay(demo, { provider, client }) {
  const pages = {
    authress: `
  Make-believe Google ${demo.googleUrl}
  Make-believe GitHub ${demo.githubUrl}`,
    oidc: '',
    zitadel: `
  Make-believe mail   ${demo.mailUrl}   (the codes for guests who register)`,
    descope: `
  Make-believe mail   ${demo.mailUrl}   (the codes and links for people who sign in)`,
    'app-id': '',
  };
  console.log(`
  The shop is open:   ${demo.shopUrl}

  Login host          ${demo.loginUrl}   (${PROVIDERS[provider].name})
  Verifier            ${client === 'public' ? 'none: the page asks by itself' : demo.verifierUrl}${pages[provider]}

  Ctrl-C stops all of it.`);
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve);
  });
  await demo.close();
  console.log('\nStopped.');
}

async function check(demo, { port, provider }) {
  try {
    const page = await ask(demo.shopUrl, port, '/');
    if (!page.includes('data-testid="cart-count"')) refuse('The shop page is not the shop page');
    await ask(demo.shopUrl, port, '/passerby.js');
    const { products } = JSON.parse(await ask(demo.shopUrl, port, '/api/products'));
    if (products.length === 0) refuse('The shop has no products');
    checkKeys('The login host', await ask(demo.loginUrl, port + 1, PROVIDERS[provider].keys));
    if (provider === 'oidc') {
      const { issuer } = JSON.parse(await ask(demo.verifierUrl, port + 2, '/.well-known/oauth-authorization-server'));
      if (issuer !== demo.verifierUrl) refuse('The verifier calls itself by another name than its own');
      checkKeys('The verifier', await ask(demo.verifierUrl, port + 2, '/jwks'));
    }
  } finally {
    await demo.close();
  }
  say('Everything answers as it should');
}

function checkKeys(whose, text) {
  if (JSON.parse(text).keys.length === 0) refuse(`${whose} has no keys`);
}

/** The body of a 200. Node does not resolve names under localhost, so the name goes into the Host header. */
async function ask(origin, port, path) {
  const { host } = new URL(origin);
  const { status, body } = await new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, headers: { host }, timeout: 10_000 }, async (answer) => {
      const chunks = await answer.toArray().catch(reject);
      resolve({ status: answer.statusCode, body: Buffer.concat(chunks ?? []).toString() });
    });
    asked.once('timeout', () => asked.destroy(new Error(`${host}${path} did not answer within ten seconds`)));
    asked.once('error', reject);
    asked.end();
  });
  if (status !== 200) refuse(`${host}${path} answered ${status}`);
  console.log(`  ✓ 200 ${host}${path}`);
  return body;
}

function readOptions() {
  try {
    return parseArgs({ options: { provider: { type: 'string', default: 'authress' }, generation: { type: 'string', default: 'new' }, client: { type: 'string', default: 'regular' }, check: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } }).values;
  } catch (error) {
    if (!String(error.code).startsWith('ERR_PARSE_ARGS')) throw error;
    return refuse(`${error.message}\n\n${HELP}`);
  }
}

function readProvider() {
  const { provider } = options;
  return Object.hasOwn(PROVIDERS, provider) ? provider : refuse(`There is no provider "${provider}": choose ${Object.keys(PROVIDERS).join(' or ')}, as in npm start -- --provider oidc`);
}

function readGeneration() {
  const { generation, provider } = options;
  if (generation === 'old' && provider !== 'descope') return refuse('Only Descope has an old generation of guests: npm start -- --provider descope --generation old');
  return generation === 'new' || generation === 'old' ? generation : refuse(`There is no generation "${generation}": choose new or old, as in npm start -- --provider descope --generation old`);
}

function readClient() {
  const { client, provider } = options;
  if (client === 'public' && provider !== 'app-id') return refuse('Only App ID is shown without a verifier: npm start -- --provider app-id --client public');
  return client === 'regular' || client === 'public' ? client : refuse(`There is no client "${client}": choose regular or public, as in npm start -- --provider app-id --client public`);
}

function readPort() {
  const text = process.env.PORT ?? '4600';
  const port = Number(text);
  const isPort = /^\d{1,5}$/.test(text) && port >= 1 && port + PORT_COUNT - 1 <= 65_535;
  return isPort ? port : refuse(`PORT is the first of ${PORT_COUNT} ports in a row, a number from 1 to ${65_536 - PORT_COUNT}: PORT=5600 npm start`);
}

/** Before a minute of installing, not after it. */
async function refuseTakenPorts(first) {
  for (let port = first; port < first + PORT_COUNT; port++) {
    const error = await new Promise((resolve) => {
      const server = createServer();
      server.once('error', resolve);
      server.listen(port, '127.0.0.1', () => server.close(resolve));
    });
    if (error?.code === 'EADDRINUSE') refuse(takenPort(port));
    if (error) refuse(`Port ${port} can not be used (${error.code}). Choose another first port: PORT=5600 npm start`);
  }
}

function takenPort(port) {
  return `Port ${port} is taken: something else listens there, perhaps an earlier start. Stop it, or choose another first port: PORT=5600 npm start`;
}

function refuse(reason) {
  console.error(`\n✗ ${reason}`);
  process.exit(1);
}
