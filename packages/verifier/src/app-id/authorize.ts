import type { Answer } from '../gate/form-endpoints.ts';
import { takeNetworkTurn, takeSubjectTurn } from '../gate/gate.ts';
import { required, type Asked } from '../issuer/form.ts';
import { Refused } from '../issuer/refused.ts';
import { guestIn, revoked, type Context } from './context.ts';
import { lookAt } from './look-at.ts';
import type { SignInRequest } from './service.ts';

/** `POST /authorize`: where a guest signs in. App ID is told by this server whose profile is to be attached, so that no browser has the token in an address. */
export async function answerAuthorize(asked: Asked, context: Context): Promise<Answer> {
  const { service, settings } = context;
  const request = readRequest(asked, context);
  await takeNetworkTurn(asked, context);
  const guest = await takeSubjectTurn(await guestIn(asked, context), settings);
  // What is over is not attached, and must not look as if it had been.
  if ((await lookAt(guest.token, null, context)) === 'dead') throw revoked();
  return { body: { url: (await service.signInHandle(request, guest.token)) ?? service.signInUrl(request) } };
}

/** @throws Refused `invalid_request` */
function readRequest({ form }: Asked, { settings }: Context): SignInRequest {
  const [state, nonce, idp] = [required(form, 'state'), required(form, 'nonce'), form.get('idp')];
  if (![state, nonce].every((text) => /^[\w-]{43}$/.test(text))) throw new Refused('invalid_request', 'state or nonce is not 43 characters of base64url');
  if (idp !== undefined && (!/^[\w-]{1,64}$/.test(idp) || idp === 'appid_anon')) throw new Refused('invalid_request', 'idp is not the name of a way to sign in');
  return { redirectUri: readRedirectUri(form, settings.origins), state, nonce, idp };
}

/** A page of the shop's own. @throws Refused `invalid_request` */
export function readRedirectUri(form: Asked['form'], origins: ReadonlySet<string>): string {
  const redirectUri = required(form, 'redirect_uri');
  const isOurs = redirectUri.length <= 2_048 && !redirectUri.includes('#') && URL.canParse(redirectUri) && origins.has(new URL(redirectUri).origin);
  if (!isOurs) throw new Refused('invalid_request', "redirect_uri is not a page of the shop's");
  return redirectUri;
}
