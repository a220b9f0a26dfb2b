/** App ID as the page sees it: guests that a verifier starts, sign-ins whose addresses hold no token, and what ends a session. */
const provider = 'packages/login/src/providers/app-id.ts';
const tokens = 'packages/login/src/providers/app-id/tokens.ts';
const publicClient = 'packages/login/src/providers/app-id-public.ts';
const policy = 'packages/login/src/core/policy.ts';
const flow = 'packages/login/src/providers/code-flow.ts';

export const appIdLogin = [
  { id: 'app-id-page-issuer', file: tokens, find: "text(claims, 'iss') !== oauthServerUrl || ", replace: '', why: 'A guest would be the guest of another tenant, whom the shop’s API does not know.' },
  { id: 'app-id-page-audience', file: tokens, find: ' || ![claims.aud].flat().includes(clientId)', replace: '', why: 'A token of another application would be sent to the shop’s API.' },
  { id: 'app-id-page-lifetime', file: tokens, find: 'if (!(lifetimeMs > 0)) throw', replace: 'if (false as boolean) throw', why: 'A session of no length would be asked for again at every click.' },
  { id: 'app-id-page-kind', file: tokens, find: 'if (isAnonymous && !isSignedIn && scopes', replace: 'if (isAnonymous && scopes', why: 'Page and verifier would not agree on who is a guest.' },
  { id: 'app-id-page-kind-scope', file: tokens, find: " && scopes.includes(SCOPE)) return 'guest'", replace: ") return 'guest'", why: 'A page would have a guest whom the shop’s API does not know.' },
  { id: 'app-id-page-kind-signed-in', file: tokens, find: "if (isSignedIn && typeof method === 'string'", replace: "if (typeof method === 'string'", why: 'Whoever has any token would be a user on the page.' },
  { id: 'app-id-page-kind-method', file: tokens, find: "if (isSignedIn && typeof method === 'string' && !isAnonymous)", replace: 'if (isSignedIn && !isAnonymous)', why: 'A page would have a user whom the shop’s API does not know.' },
  { id: 'app-id-page-kind-both', file: tokens, find: " && !isAnonymous) return 'user'", replace: ") return 'user'", why: 'A guest whom App ID calls signed in would be a user, with nothing to sign in by again.' },
  { id: 'app-id-page-wrong-setting', file: tokens, find: "throw new LoginError('config_invalid', 'The token is", replace: "throw new LoginError('response_invalid', 'The token is", why: 'A wrong setting would make guest after guest, each of which is paid for.' },
  { id: 'app-id-page-client-id', file: tokens, find: " || !/^[!-9;-~]{1,256}$/.test(clientId)", replace: " || clientId === ''", why: 'A slip in a setting would be an error that no app expects, at the first visitor.' },
  { id: 'app-id-page-guests-name', file: tokens, find: 'connectionId === GUESTS || connectionId === ANONYMOUS', replace: 'connectionId === GUESTS', why: 'Who links by App ID’s own name of guests would become another guest.' },
  { id: 'app-id-page-renews-early', file: provider, find: "      ...(kind === 'guest' && { renewAheadMs: lifetimeMs / 2 }),\n", replace: '', why: 'A guest who comes every week would be gone after a month.' },
  { id: 'app-id-page-margin', file: policy, find: 'renewAheadMs ?? Math.min', replace: 'Math.min', why: 'A guest who comes every week would be gone after a month.' },
  { id: 'app-id-page-moved-guest', file: provider, find: '...(guest && data.moved_from === guest.subject && { movedFrom: guest.subject })', replace: '...(guest && data.moved_from !== undefined && { movedFrom: guest.subject })', why: 'A guest’s cart would go to an account by a word about somebody else.' },
  { id: 'app-id-page-same-guest', file: provider, find: "current?.kind === 'guest' && current.subject === details.guest ? current : null", replace: "current?.kind === 'guest' ? current : null", why: 'Another guest’s profile, who came meanwhile, would be attached to the account.' },
  { id: 'app-id-page-guest-only', file: provider, find: "current?.kind === 'guest' && current.subject === details.guest", replace: 'current?.subject === details.guest', why: 'A user’s token would be handed on as a guest’s.' },
  { id: 'app-id-page-not-on-continue', file: provider, find: "purpose === 'link' ? session : null", replace: 'session', why: 'Who chose to go on as themselves would have the guest attached a second time.' },
  { id: 'app-id-page-users-link-nothing', file: tokens, find: "if (purpose === 'link' && session?.kind === 'user') throw", replace: 'if (false as boolean) throw', why: 'A user who adds Google would be signed in as somebody else instead.' },
  { id: 'app-id-page-safe-address', file: provider, find: "safeAddress(text(await ask('authorize', { ...fields, token: guest.accessToken }, ports), 'url'))", replace: "text(await ask('authorize', { ...fields, token: guest.accessToken }, ports), 'url')", why: 'A tampered answer would run as script when a person signs in.' },
  { id: 'app-id-page-no-guest-by-leaving', file: provider, find: "if (isGuests(connectionId)) throw", replace: 'if (false as boolean) throw', why: 'A visitor would be sent to a page that does not know what they want.' },
  { id: 'app-id-page-own-words', file: provider, find: '/^(invalid_grant|guest_expired|guest_revoked)$/', replace: '/^(invalid_grant)$/', why: 'A guest whose token is over would wait for ever.' },
  { id: 'app-id-page-spent', file: provider, find: 'return spent(error);', replace: 'throw error;', why: 'Who comes back twice with one code would be told that their session was refused.' },
  { id: 'app-id-page-unverified', file: provider, find: "if (isLoginError(error) && error.oauthError === 'access_denied') throw", replace: 'if (false as boolean) throw', why: 'Who has yet to open a mail would see the page try for ever.' },
  { id: 'app-id-page-nothing-kept', file: provider, find: "error.oauthError !== 'attributes_disabled') throw error;", replace: "error.oauthError !== 'nothing') throw error;", why: 'A page would ask again and again for what the tenant does not keep.' },
  { id: 'app-id-page-texts', file: provider, find: '      checkTexts(change);\n', replace: '', why: 'What is too long would be found out by a request.' },
  { id: 'app-id-page-nothing-to-end', file: provider, find: "      if (renewal.type !== 'refresh_token') return;\n", replace: '', why: 'A person would wait for a request that cannot do anything.' },
  { id: 'app-id-page-signed-out-twice', file: provider, find: "if (!isLoginError(error) || error.code !== 'grant_refused') throw error;\n      });", replace: 'throw error;\n      });', why: 'Who is signed out already would be told that signing out failed.' },
  { id: 'app-id-page-guests-disabled', file: flow, find: '|guests_disabled)$/', replace: ')$/', why: 'A page would ask for a guest for ever where the tenant wants none.' },
  { id: 'app-id-page-error-code', file: 'packages/login/src/providers/settings.ts', find: "'error', 'error_code', ", replace: "'error', ", why: 'A person would go on with App ID’s error in the address bar.' },
  { id: 'app-id-public-nonce', file: publicClient, find: "if (optionalText(identity, 'nonce') !== (await digest(ports.crypto, codeVerifier))) throw", replace: 'if (false as boolean) throw', why: 'A person would be signed in by tokens that were made for another sign-in.' },
  { id: 'app-id-public-one-subject', file: publicClient, find: "if (text(identity, 'sub') !== granted.subject) throw", replace: 'if (false as boolean) throw', why: 'A person would be signed in as whoever an exchanged access token is of.' },
  { id: 'app-id-public-same-subject', file: publicClient, find: "purpose === 'link' && subject !== granted.subject", replace: "purpose === 'link'", why: 'A user whose ID stayed would have their cart merged into itself.' },
  { id: 'app-id-public-users-link-nothing', file: publicClient, find: '      refuseUsers(request);\n', replace: '', why: 'A user who adds Google would be signed in as somebody else instead.' },
  { id: 'app-id-public-guests-disabled', file: publicClient, find: "if (purpose === 'guest' && callback.get('error') === 'access_denied') throw", replace: 'if (false as boolean) throw', why: 'An operator would look for a visitor who declined, where nobody was asked.' },
  { id: 'app-id-public-unverified', file: publicClient, find: "if (status === 403 && parseObject(answer.body)?.error_code === 'FORBIDDEN') throw", replace: 'if (false as boolean) throw', why: 'Who has yet to open a mail would see the page try for ever.' },
  { id: 'app-id-public-spent', file: publicClient, find: 'pending, ports).catch(spent)', replace: 'pending, ports)', why: 'Who comes back twice with one code would be told that their session was refused.' },
  { id: 'app-id-public-texts', file: publicClient, find: '      checkTexts(change);\n', replace: '', why: 'What is too long would be found out by a request.' },
  { id: 'app-id-public-nothing-kept', file: publicClient, find: 'if (status === 401 || status === 403) throw', replace: 'if (false as boolean) throw', why: 'A page would ask again and again for what the tenant does not keep.' },
  { id: 'app-id-public-taken-away-twice', file: publicClient, find: " || (method === 'DELETE' && status === 404)", replace: '', why: 'Who takes away what another tab took away would be told that it failed.' },
];
