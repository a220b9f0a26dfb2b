import { rm, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { AppIdSettings } from './app-id/settings.ts';
import { createServiceClient } from './authress/service-client.ts';
import type { AuthressSettings } from './authress/settings.ts';
import type { DescopeSettings } from './descope/settings.ts';
import { createMailbox } from './mailbox.ts';
import type { OpenIdSettings } from './openid/settings.ts';
import { randomName } from './random.ts';
import { startAppId, startAuthress, startDescope, startOpenId, type Serving } from './serve.ts';

const OPTIONS = {
  service: { type: 'string', default: 'authress' },
  'login-origin': { type: 'string', default: 'http://login.shop.localhost:4601' },
  'app-origin': { type: 'string', multiple: true, default: ['http://www.shop.localhost:4600'] as string[] },
  'verifier-url': { type: 'string', default: 'http://verifier.localhost:4602/v1/login' },
  google: { type: 'string', default: 'http://google.localhost:4603' },
  github: { type: 'string', default: 'http://github.localhost:4604' },
  account: { type: 'string', default: 'acc_shop' },
  application: { type: 'string', default: 'app_shop' },
  'service-client': { type: 'string', default: 'sc_guests' },
  'access-key-file': { type: 'string', default: 'sc_guests.accesskey' },
  mail: { type: 'string', default: 'http://mail.localhost:4605' },
  'management-key-file': { type: 'string', default: 'descope.managementkey' },
  'client-secret-file': { type: 'string', default: 'appid.clientsecret' },
  help: { type: 'boolean', default: false },
} as const;

const HELP = `passerby-emulator: a local identity service with real keys and fake people, for development and tests

  passerby-emulator descope    the same as --service descope

  --service          authress, openid, descope, app-id  ${OPTIONS.service.default}
  --login-origin     the login host, and issuer       ${OPTIONS['login-origin'].default}
  --app-origin       a page that may sign in (again)  ${OPTIONS['app-origin'].default.join(' ')}
  --verifier-url     where guests are signed          ${OPTIONS['verifier-url'].default}
  --google           the fake Google                  ${OPTIONS.google.default}
  --github           the fake GitHub                  ${OPTIONS.github.default}
  --account          account id                       ${OPTIONS.account.default}
  --application      application id, or client id     ${OPTIONS.application.default}
  --service-client   service client id                ${OPTIONS['service-client'].default}
  --access-key-file  where the verifier's new access key is written, readable by you only: ${OPTIONS['access-key-file'].default}

  --mail             Descope's mail, on one page      ${OPTIONS.mail.default}
  --management-key-file  where its new management key is written, readable by you only: ${OPTIONS['management-key-file'].default}
  --client-secret-file  where App ID's new client secret is written, readable by you only: ${OPTIONS['client-secret-file'].default}

Descope needs --login-origin, which is its base URL, --app-origin, --mail and --management-key-file only.
An OpenID provider needs --login-origin, --app-origin and --application only: people come back to / and /callback.html there.
App ID needs these too and --client-secret-file; the same application without a secret is the one with _page after its name.`;

/** The command line: starts the emulator and tells where it is. Undefined where there was nothing to start. */
export async function run(argv: readonly string[], print: (line: string) => void): Promise<Serving | undefined> {
  const { values, positionals } = parse(argv);
  const [service = values.service, ...rest] = positionals;
  if (values.help) {
    print(HELP);
    return undefined;
  }
  if (rest.length > 0) throw new Error(`There is one service at a time, and nothing else: ${rest.join(' ')}`);
  if (service === 'openid') return runOpenId(values, print);
  if (service === 'authress') return runAuthress(values, print);
  if (service === 'descope') return runDescope(values, print);
  if (service === 'app-id') return runAppId(values, print);
  throw new Error(`--service is authress, openid, descope or app-id, and not ${service}`);
}

type Values = ReturnType<typeof parse>['values'];

async function runOpenId(values: Values, print: (line: string) => void): Promise<Serving> {
  const redirectUris = pagesOf(values);
  const settings: OpenIdSettings = {
    issuer: values['login-origin'],
    clients: [{ clientId: values.application, redirectUris, postLogoutRedirectUris: redirectUris }],
    connections: [{ connectionId: 'google', name: 'Google' }, { connectionId: 'github', name: 'GitHub' }],
  };
  const serving = await startOpenId(settings);
  print(`OpenID provider ${settings.issuer}`);
  print(`Client          ${values.application}, back to ${redirectUris.join(' ')}`);
  print('Connections     connection=google, connection=github');
  return serving;
}

async function runAuthress(values: Values, print: (line: string) => void): Promise<Serving> {
  const { accessKey, publicJwk } = await createServiceClient(values.account, values['service-client']);
  const settings: AuthressSettings = {
    loginOrigin: values['login-origin'],
    accountId: values.account,
    applications: [{ applicationId: values.application, redirectOrigins: values['app-origin'] }],
    connections: [
      { connectionId: 'google', origin: values.google, name: 'Google' },
      { connectionId: 'github', origin: values.github, name: 'GitHub' },
    ],
    serviceClients: [{ clientId: values['service-client'], authorizationUrl: values['verifier-url'], publicJwk }],
  };
  const serving = await startAuthress(settings);
  await writeSecret(values['access-key-file'], accessKey);
  print(`Authress        ${settings.loginOrigin}`);
  for (const { name, origin } of settings.connections) print(`Fake ${name.padEnd(10)} ${origin}`);
  print(`Application     ${values.application} at ${values['app-origin'].join(' ')}`);
  print(`Guests          ${values['service-client']}, signed at ${values['verifier-url']} with the key in ${values['access-key-file']}`);
  return serving;
}

async function runDescope(values: Values, print: (line: string) => void): Promise<Serving> {
  const mailbox = createMailbox(values.mail);
  const settings: DescopeSettings = { baseUrl: values['login-origin'], appOrigins: values['app-origin'], send: (mail) => mailbox.send(mail) };
  const { descope, close } = await startDescope({ ...settings, sites: [mailbox] });
  await writeSecret(values['management-key-file'], descope.managementKey);
  print(`Descope         ${settings.baseUrl}`);
  print(`Project         ${descope.projectId} for ${settings.appOrigins.join(' ')}`);
  print(`Mail            ${mailbox.origin}`);
  print(`Management key  in ${values['management-key-file']}`);
  return { close };
}

async function runAppId(values: Values, print: (line: string) => void): Promise<Serving> {
  const secret = randomName(43);
  const settings: AppIdSettings = {
    origin: values['login-origin'],
    clients: [{ clientId: values.application, secret, redirectUris: pagesOf(values) }, { clientId: `${values.application}_page`, redirectUris: [...values['app-origin'], ...pagesOf(values)] }],
  };
  const { appId, close } = await startAppId(settings);
  await writeSecret(values['client-secret-file'], secret);
  print(`App ID          ${appId.issuer}`);
  print(`Profiles        ${settings.origin}/api/v1/attributes`);
  print(`Clients         ${settings.clients.map(({ clientId }) => clientId).join(' and ')}, back to ${pagesOf(values).join(' ')}`);
  print(`Client secret   in ${values['client-secret-file']}`);
  return { close };
}

function pagesOf(values: Values): readonly string[] {
  return values['app-origin'].flatMap((origin) => [`${origin}/`, `${origin}/callback.html`]);
}

async function writeSecret(file: string, secret: string): Promise<void> {
  // A new file: the mode of one that is there already would stay as it is.
  await rm(file, { force: true });
  await writeFile(file, `${secret}\n`, { mode: 0o600, flag: 'wx' });
}

function parse(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
}
