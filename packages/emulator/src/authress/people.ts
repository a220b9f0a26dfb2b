import { redirect, Refusal } from './answers.ts';
import type { Person } from './identities.ts';
import { signInPage } from './pages.ts';
import { randomName } from './random.ts';
import type { Connection } from './settings.ts';
import type { Visit, World } from './world.ts';

const CODE_LIFETIME_MS = 60_000;
const LONGEST_NAME = 80;

const KNOWN_PEOPLE: readonly Person[] = [
  { personId: 'ada', name: 'Ada Lovelace', email: 'ada@example.com' },
  { personId: 'grace', name: 'Grace Hopper', email: 'grace@example.com' },
];

/** `GET {connection}/authorize`: asks who signs in. */
export async function askWho({ url, world }: Visit): Promise<Response> {
  const connection = connectionOf(world, url);
  const { state, redirectUri } = readReturn(world, url.searchParams);
  return signInPage({ connection, people: KNOWN_PEOPLE, state, redirectUri, cancelUrl: answer(redirectUri, { error: 'access_denied', state, iss: connection.origin }).href, longestName: LONGEST_NAME });
}

/** `POST {connection}/authorize`: sends whoever was chosen back with a one-time code. */
export async function choosePerson({ request, url, world }: Visit): Promise<Response> {
  const connection = connectionOf(world, url);
  const form = new URLSearchParams(await request.text());
  const { state, redirectUri } = readReturn(world, form);
  const person = KNOWN_PEOPLE.find(({ personId }) => personId === form.get('person')) ?? anybody(form.get('name') ?? '');
  const code = randomName(43);
  world.connectionCodes.set(code, { connectionId: connection.connectionId, state, person }, world.clock() + CODE_LIFETIME_MS);
  return redirect(answer(redirectUri, { code, state, iss: connection.origin }), { status: 303 });
}

function connectionOf(world: World, url: URL): Connection {
  const connection = world.connections.find(({ origin }) => origin === url.origin);
  if (!connection) throw new Refusal(404, 'ConnectionNotFound', 'There is no such connection');
  return connection;
}

/** The one place this connection sends people to is its login host. */
function readReturn(world: World, query: URLSearchParams): { state: string; redirectUri: string } {
  const redirectUri = query.get('redirect_uri');
  if (redirectUri !== `${world.loginOrigin}/login`) throw new Refusal(400, 'InvalidRedirectUrl', 'Only the login host may ask who somebody is');
  return { state: query.get('state') ?? '', redirectUri };
}

/** The same name is the same person, however it is written. */
function anybody(typed: string): Person {
  const name = typed.normalize('NFC').trim().replace(/\s+/g, ' ');
  if (name === '' || name.length > LONGEST_NAME) throw new Refusal(400, 'InvalidName', 'A person needs a name');
  const key = name.toLowerCase();
  const mailbox = key.replace(/[^a-z0-9]+/g, '.').replace(/^\.|\.$/g, '') || 'person';
  return { personId: `name:${key}`, name, email: `${mailbox}@people.example` };
}

function answer(redirectUri: string, parameters: Readonly<Record<string, string>>): URL {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}
