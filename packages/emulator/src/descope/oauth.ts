import { PAGE_HEADERS, refusalPage, signInPage } from '../pages.ts';
import { chosenPerson, type Person } from '../people.ts';
import { randomName } from '../random.ts';
import { json, sessionAnswer } from './answers.ts';
import { checkTarget } from './magic-link.ts';
import { fulfil, type Proven } from './purpose.ts';
import { Refusal } from './refusal.ts';
import type { DescopeProvider } from './settings.ts';
import { beginSession, requireRefresh } from './tokens.ts';
import type { Visit, World } from './world.ts';

/** A sign-in that waits at a provider's page. */
export interface PendingSignIn {
  readonly provider: DescopeProvider;
  readonly target: URL;
  /** Who gets one more way to sign in. */
  readonly linkTo: { readonly userId: string; readonly mayMerge: 'yes' | 'no' } | undefined;
}

/** Whom a provider's code stands for. */
export interface ProvenSignIn extends PendingSignIn {
  readonly person: Person;
}

const SIGN_IN_MS = 600_000;
const CODE_MS = 60_000;
export const SIGN_IN = '/sign-in';

/** `POST /v1/auth/oauth/authorize` */
export function authorize({ url, world }: Visit): Response {
  return begin(world, url.searchParams, undefined);
}

/** `POST /v1/auth/oauth/update`: whoever is signed in gets one more way to sign in. */
export async function authorizeUpdate(visit: Visit): Promise<Response> {
  const { user } = await requireRefresh(visit);
  if (!user) throw new Refusal('user_unknown', 'There is no user behind an anonymous token');
  const mayMerge = visit.url.searchParams.get('allowAllMerge') === 'true' ? 'yes' : 'no';
  return begin(visit.world, visit.url.searchParams, { userId: user.userId, mayMerge });
}

/** `POST /v1/auth/oauth/exchange` */
export async function exchange({ body, world }: Visit): Promise<Response> {
  const code = typeof body['code'] === 'string' ? body['code'] : '';
  const proven = world.providerCodes.get(code);
  if (!proven) throw new Refusal('oauth_code', 'It was not found, or was used');
  world.providerCodes.delete(code);
  const { user, firstSeen } = whoIs(world, proven);
  user.providers = new Set([...user.providers, proven.provider.providerId]);
  return sessionAnswer(world, await beginSession(world, { user, firstSeen, method: 'oauth' }));
}

/** `GET /sign-in/{id}`: the provider's page. */
export function askWho({ id, world }: Visit): Response {
  const pending = world.signIns.get(id);
  if (!pending) return signInOver();
  return signInPage({ provider: pending.provider.name, action: `${SIGN_IN}/${id}`, cancelUrl: `${SIGN_IN}/${id}/cancel` });
}

/** `POST /sign-in/{id}`: sends whoever was chosen back with a one-time code. */
export async function choosePerson({ id, request, world }: Visit): Promise<Response> {
  const person = chosenPerson(new URLSearchParams(await request.text()));
  const pending = world.signIns.get(id);
  if (!pending) return signInOver();
  if (!person) return refusalPage({ status: 400, errorCode: 'invalid_name', message: 'A person needs a name' });
  const code = randomName(43);
  world.signIns.delete(id);
  world.providerCodes.set(code, { ...pending, person }, world.now() + CODE_MS);
  return sendBack(pending, { code });
}

/** `GET /sign-in/{id}/cancel` */
export function cancel({ id, world }: Visit): Response {
  const pending = world.signIns.get(id);
  if (!pending) return signInOver();
  world.signIns.delete(id);
  return sendBack(pending, { err: 'access_denied' });
}

function begin(world: World, query: URLSearchParams, linkTo: PendingSignIn['linkTo']): Response {
  const provider = world.providers.find(({ providerId }) => providerId === query.get('provider'));
  if (!provider) throw new Refusal('invalid', 'There is no such provider');
  const target = checkTarget(world, query.get('redirectURL') ?? query.get('redirectUrl') ?? `${world.appOrigins[0]}/`);
  const id = randomName();
  world.signIns.set(id, { provider, target, linkTo }, world.now() + SIGN_IN_MS);
  return json({ url: `${world.baseUrl}${SIGN_IN}/${id}` });
}

/** A provider proves an e-mail, as a code in a mail does. */
function whoIs(world: World, { person: { name, email }, linkTo }: ProvenSignIn): Proven {
  if (!linkTo) return fulfil(world, { kind: 'sign_in', loginId: email, email, ifUnknown: 'create', profile: { name } });
  const isSomebodys = (world.users.findByLoginId(email)?.userId ?? linkTo.userId) !== linkTo.userId;
  if (isSomebodys && linkTo.mayMerge === 'no') throw new Refusal('user_exists', 'The e-mail is in use');
  return fulfil(world, { kind: 'update', userId: linkTo.userId, email, loginIds: 'added', onMerge: 'current' });
}

function sendBack({ target }: PendingSignIn, parameters: Readonly<Record<string, string>>): Response {
  const location = new URL(target);
  for (const [name, value] of Object.entries(parameters)) location.searchParams.set(name, value);
  return new Response(null, { status: 303, headers: { ...PAGE_HEADERS, location: location.href } });
}

function signInOver(): Response {
  return refusalPage({ status: 400, errorCode: 'sign_in_over', message: 'This sign-in was finished, or took too long' });
}
