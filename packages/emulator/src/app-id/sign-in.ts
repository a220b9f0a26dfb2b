import { readCookie } from '../authress/cookies.ts';
import { page, PAGE_HEADERS, refusalPage, signInPage, escape } from '../pages.ts';
import { chosenPerson } from '../people.ts';
import { randomName } from '../random.ts';
import type { Identity } from './profiles.ts';
import { answerBack, type Target } from './return.ts';
import type { AppIdClient, AppIdProvider } from './settings.ts';
import type { Visit, World } from './world.ts';

/** What a client asked `/authorization` for. */
export interface AuthorizationRequest {
  readonly client: AppIdClient;
  readonly target: Target;
  readonly nonce: string | undefined;
  /** Of PKCE. */
  readonly challenge: string | undefined;
  /** The anonymous profile to be attached, or to be renewed. */
  readonly guestId: string | undefined;
}

/** A sign-in that waits for a person. */
export interface PendingSignIn extends AuthorizationRequest {
  /** What the browser has that began it; undefined where any browser may go on. */
  readonly cookie: string | undefined;
  /** Whom the client asked for; people choose where it did not. */
  readonly provider: AppIdProvider | undefined;
}

/** What a code stands for. Nobody is made and nothing attached before it is exchanged. */
export interface Granted extends AuthorizationRequest {
  /** Undefined for a guest. */
  readonly identity: Identity | undefined;
}

const SIGN_IN = '/sign-in';
const SIGN_IN_MS = 600_000;
const COOKIE = 'appid-sign-in';

/** Sends a person to sign in, or is the page. */
export function beginSignIn(world: World, asked: AuthorizationRequest & { readonly provider: AppIdProvider | undefined }): Response {
  const id = randomName();
  const { widget } = world.switches;
  const pending: PendingSignIn = { ...asked, cookie: widget === 'cookie' ? randomName() : undefined };
  world.signIns.set(id, pending, world.now() + SIGN_IN_MS);
  if (widget === 'page') return signInStart(world, id, pending);
  const headers = new Headers({ ...PAGE_HEADERS, location: `${world.origin}${SIGN_IN}/${id}` });
  if (pending.cookie !== undefined) headers.append('set-cookie', `${COOKIE}=${pending.cookie}; Path=${SIGN_IN}; HttpOnly; SameSite=Lax`);
  return new Response(null, { status: 302, headers });
}

/** `GET /sign-in/{id}`: the login widget, or the page of the only provider that was asked for. */
export function showWidget(visit: Visit): Response {
  const { id = '' } = visit.path;
  const pending = findPending(visit);
  return pending ? signInStart(visit.world, id, pending) : signInOver();
}

/** `GET /sign-in/{id}/{idp}`: the provider's page. */
export function askWho(visit: Visit): Response {
  const provider = findProvider(visit);
  return provider && findPending(visit) ? providerPage(visit.path['id'] ?? '', provider) : signInOver();
}

/** `POST /sign-in/{id}/{idp}`: sends whoever was chosen back with a one-time code. */
export async function choosePerson(visit: Visit): Promise<Response> {
  const { world, request, path: { id = '' } } = visit;
  const person = chosenPerson(new URLSearchParams(await request.text()));
  const [pending, provider] = [findPending(visit), findProvider(visit)];
  if (!pending || !provider) return signInOver();
  if (!person) return refusalPage({ status: 400, errorCode: 'invalid_name', message: 'A person needs a name' });
  world.signIns.delete(id);
  const { personId, name, email } = person;
  return grantCode(world, { ...pending, identity: { provider: provider.idp, id: personId, name, email } });
}

/** `GET /sign-in/{id}/cancel` */
export function cancel(visit: Visit): Response {
  const pending = findPending(visit);
  if (!pending) return signInOver();
  visit.world.signIns.delete(visit.path['id'] ?? '');
  return answerBack(pending.target, { error: 'access_denied', error_description: 'The person cancelled' });
}

/** Answers a client with a one-time code. */
export function grantCode(world: World, granted: Granted): Response {
  const code = randomName(43);
  world.codes.set(code, granted, world.now() + world.codeMs);
  return answerBack(granted.target, { code });
}

function findPending({ path: { id = '' }, request, world }: Visit): PendingSignIn | undefined {
  const pending = world.signIns.get(id);
  const isHere = pending?.cookie === undefined || readCookie(request, COOKIE) === pending.cookie;
  return isHere ? pending : undefined;
}

function findProvider({ path, world }: Visit): AppIdProvider | undefined {
  return world.providers.find(({ idp }) => idp === path['idp']);
}

function signInStart({ providers }: World, id: string, { provider }: PendingSignIn): Response {
  const [only, ...others] = provider ? [provider] : providers;
  return only && others.length === 0 ? providerPage(id, only) : widgetPage(id, providers);
}

function providerPage(id: string, { idp, name }: AppIdProvider): Response {
  return signInPage({ provider: name, action: `${SIGN_IN}/${id}/${idp}`, cancelUrl: `${SIGN_IN}/${id}/cancel` });
}

function widgetPage(id: string, providers: readonly AppIdProvider[]): Response {
  const ways = providers.map(({ idp, name }) => `<form action="${SIGN_IN}/${id}/${escape(idp)}"><button class="person" data-testid="idp-${escape(idp)}">Continue with ${escape(name)}</button></form>`);
  return page('Sign in', 200, `
    <p class="note">Make-believe App ID, for development</p>
    <h1>Sign in</h1>
    <p>How would you like to?</p>${ways.join('')}
    <p class="cancel"><a href="${SIGN_IN}/${id}/cancel" data-testid="widget-cancel">Cancel and go back</a></p>`);
}

function signInOver(): Response {
  return refusalPage({ status: 400, errorCode: 'sign_in_over', message: 'This sign-in was finished, took too long, or was begun elsewhere' });
}
