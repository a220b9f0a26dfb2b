import { signInPage } from '../pages.ts';
import { chosenPerson } from '../people.ts';
import { randomName } from '../random.ts';
import { redirect, Refusal } from './answers.ts';
import type { Connection } from './settings.ts';
import type { Visit, World } from './world.ts';

const CODE_LIFETIME_MS = 60_000;

/** `GET {connection}/authorize`: asks who signs in. */
export async function askWho({ url, world }: Visit): Promise<Response> {
  const connection = connectionOf(world, url);
  const { state, redirectUri } = readReturn(world, url.searchParams);
  const cancelUrl = answer(redirectUri, { error: 'access_denied', state, iss: connection.origin }).href;
  return signInPage({ provider: connection.name, action: '/authorize', hidden: { state, redirect_uri: redirectUri }, cancelUrl });
}

/** `POST {connection}/authorize`: sends whoever was chosen back with a one-time code. */
export async function choosePerson({ request, url, world }: Visit): Promise<Response> {
  const connection = connectionOf(world, url);
  const form = new URLSearchParams(await request.text());
  const { state, redirectUri } = readReturn(world, form);
  const person = chosenPerson(form);
  if (!person) throw new Refusal(400, 'InvalidName', 'A person needs a name');
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

function answer(redirectUri: string, parameters: Readonly<Record<string, string>>): URL {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}
