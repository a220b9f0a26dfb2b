import type { InteractionResults, Provider } from 'oidc-provider';
import { PAGE_HEADERS, refusalPage, signInPage } from '../pages.ts';
import { chosenPerson } from '../people.ts';
import type { Accounts } from './accounts.ts';
import { exchangeOf } from './in-process.ts';
import { SIGN_IN } from './provider.ts';
import type { OpenIdSettings } from './settings.ts';

interface Desk {
  readonly provider: Provider;
  readonly accounts: Accounts;
  readonly settings: OpenIdSettings;
}

/** `GET` and `POST /sign-in/{id}`, and `GET /sign-in/{id}/cancel`: asks who signs in, and sends them on. */
export async function answerSignIn(request: Request, desk: Desk): Promise<Response> {
  const { provider, accounts, settings } = desk;
  const { incoming, outgoing } = await exchangeOf(request);
  const asked = await provider.interactionDetails(incoming, outgoing).catch(overToUndefined);
  const { pathname } = new URL(request.url);
  const address = asked && `${SIGN_IN}/${asked.uid}`;
  if (!asked || (pathname !== address && pathname !== `${address}/cancel`)) return refusalPage({ status: 400, errorCode: 'sign_in_over', message: 'This sign-in was finished, or took too long' });

  const goOn = async (result: InteractionResults): Promise<Response> => seeOther(await provider.interactionResult(incoming, outgoing, result, { mergeWithLastSubmission: false }));
  if (pathname !== address) return goOn({ error: 'access_denied', error_description: 'The person cancelled' });

  const { connection } = asked.params;
  const { connectionId, name } = (settings.connections ?? []).find((one) => one.connectionId === connection) ?? { connectionId: undefined, name: 'OpenID' };
  if (request.method !== 'POST') return signInPage({ provider: name, action: address, cancelUrl: `${address}/cancel` });
  const person = chosenPerson(new URLSearchParams(await request.text()));
  if (!person) return refusalPage({ status: 400, errorCode: 'invalid_name', message: 'A person needs a name' });
  return goOn({ login: { accountId: await accounts.subjectOf(person, connectionId) } });
}

function overToUndefined(error: unknown): undefined {
  if (error instanceof Error && error.name === 'SessionNotFound') return undefined;
  throw error;
}

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { ...PAGE_HEADERS, location } });
}
