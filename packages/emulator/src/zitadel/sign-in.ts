import type { Interaction, InteractionResults, Provider } from 'oidc-provider';
import { exchangeOf } from '../openid/in-process.ts';
import { PAGE_HEADERS, refusalPage } from '../pages.ts';
import { chosenPerson, type Person } from '../people.ts';
import { createHuman } from './humans.ts';
import { loginPage } from './login-page.ts';
import { OTHER_PROMPTS, SIGN_IN } from './provider.ts';
import { Refusal } from './refusal.ts';
import type { User } from './users.ts';
import type { World } from './world.ts';

interface Desk {
  readonly provider: Provider;
  readonly world: World;
}

/** `GET` and `POST /ui/login/{id}`, and `GET /ui/login/{id}/cancel`: asks who signs in, and sends them on. */
export async function answerSignIn(request: Request, { provider, world }: Desk): Promise<Response> {
  const { incoming, outgoing } = await exchangeOf(request);
  const asked = await provider.interactionDetails(incoming, outgoing).catch(overToUndefined);
  const { pathname } = new URL(request.url);
  const address = asked && `${SIGN_IN}/${asked.uid}`;
  if (!asked || (pathname !== address && pathname !== `${address}/cancel`)) return refusalPage({ status: 400, errorCode: 'sign_in_over', message: 'This sign-in was finished, or took too long' });
  const goOn = async (result: InteractionResults): Promise<Response> => {
    const location = await provider.interactionResult(incoming, outgoing, result, { mergeWithLastSubmission: false });
    return new Response(null, { status: 303, headers: { ...PAGE_HEADERS, location } });
  };
  if (pathname !== address) return goOn({ error: 'access_denied', error_description: 'The person cancelled' });
  const page = { address, kind: asked.prompt.name === 'create' ? 'create' : 'sign-in' } as const;
  if (request.method !== 'POST') return loginPage({ ...page, loginName: loginHint(asked) });
  const form = new URLSearchParams(await request.text());
  const user = whoSignsIn(form, { kind: page.kind, world });
  if (typeof user !== 'string') return goOn({ login: { accountId: user.userId }, ...Object.fromEntries(OTHER_PROMPTS.map((name) => [name, {}])) });
  return loginPage({ ...page, loginName: form.get('loginName') ?? '', problem: user });
}

/** Whoever the form names and, where it has one, whose password is right; or what is wrong with it. */
function whoSignsIn(form: URLSearchParams, { kind, world }: { readonly kind: 'sign-in' | 'create'; readonly world: World }): User | string {
  const person = chosenPerson(form);
  if (person) return userOf(person, world);
  if (kind === 'create') return register(form, world);
  const user = world.users.findByLoginName(form.get('loginName')?.trim() ?? '');
  // Who has no password has none to be right.
  return user !== undefined && user.password === form.get('password') ? user : 'The login name or the password is wrong';
}

/** The account under a fake person's address, made when they first come. */
function userOf({ name, email }: Person, world: World): User {
  const [givenName = name, ...rest] = name.split(' ');
  return world.users.findByLoginName(email)
    ?? world.users.add({ username: email, profile: { givenName, familyName: rest.join(' '), displayName: name }, email: { email, isVerified: true } });
}

function register(form: URLSearchParams, world: World): User | string {
  const [email = '', givenName = '', familyName = '', password = ''] = ['loginName', 'givenName', 'familyName', 'password'].map((name) => form.get(name)?.trim());
  try {
    return createHuman({ username: email, human: { profile: { givenName, familyName }, email: { email }, password: { password } } }, world).user;
  } catch (error) {
    if (error instanceof Refusal) return error.reason;
    throw error;
  }
}

function loginHint({ params }: Interaction): string {
  return typeof params['login_hint'] === 'string' ? params['login_hint'] : '';
}

function overToUndefined(error: unknown): undefined {
  if (error instanceof Error && error.name === 'SessionNotFound') return undefined;
  throw error;
}
