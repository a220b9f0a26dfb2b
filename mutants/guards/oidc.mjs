/** Any OpenID Connect provider and the key of this browser, as the page sees them. */
const oidc = 'packages/login/src/providers/oidc.ts';
const codeFlow = 'packages/login/src/providers/code-flow.ts';
const dpop = 'packages/login/src/providers/dpop.ts';
const record = 'packages/login/src/core/record.ts';
const stored = 'packages/login/src/core/stored.ts';
const startGuest = 'packages/login/src/flows/start-guest.ts';
const fetchApi = 'packages/login/src/flows/fetch-api.ts';
const signIn = 'packages/login/src/flows/sign-in.ts';
const authorize = 'packages/login/src/flows/authorize.ts';
const keeper = 'packages/login/src/session-keeper.ts';

export const openId = [
  { id: 'oidc-guest-is-its-key', file: oidc, find: 'if (grant.subject !== `g_${key.thumbprint}`) throw', replace: 'if (false as boolean) throw', why: "Whoever answers in the verifier's place could plant a guest of their own." },
  { id: 'oidc-token-issuer', file: oidc, find: "text(claims, 'iss') !== verifier || ", replace: '', why: 'A token of another service would make the person whoever that service says they are.' },
  { id: 'oidc-token-client', file: oidc, find: " || text(claims, 'client_id') !== clientId", replace: '', why: 'A token that a person got for another shop would be good here.' },
  { id: 'oidc-token-key', file: oidc, find: "if (isBound && optionalText(asObject(claims.cnf) ?? {}, 'jkt') !== key.thumbprint) throw", replace: 'if (false as boolean) throw', why: 'A token bound to a key that is not here would fail at every API.' },
  { id: 'oidc-token-type', file: oidc, find: "if (!isBound && !/^bearer$/i.test(text(data, 'token_type'))) throw", replace: 'if (false as boolean) throw', why: 'A token of an unknown type would be sent as if it were a bearer token (RFC 6749 §7.1).' },
  { id: 'oidc-id-token-issuer', file: oidc, find: "text(claims, 'iss') !== issuer || !", replace: '!', why: 'Another provider could answer in the place of the one that was asked.' },
  { id: 'oidc-id-token-audience', file: oidc, find: ' || ![claims.aud].flat().includes(clientId)', replace: '', why: 'A sign-in at another shop would be handed on as one here.' },
  { id: 'oidc-id-token-nonce', file: oidc, find: "if (optionalText(claims, 'nonce') !== details.nonce) throw", replace: 'if (false as boolean) throw', why: "An attacker's code would bring the attacker's ID token into this sign-in." },
  { id: 'oidc-callback-issuer', file: codeFlow, find: "(callback.get('iss') ?? issuer) !== issuer || ", replace: '', why: 'A code of one provider would be sent to another (mix-up, RFC 9207).' },
  { id: 'oidc-callback-issuer-promised', file: codeFlow, find: " || (promised && !callback.has('iss'))", replace: '', why: 'Leaving the issuer out would go round the check of it.' },
  { id: 'oidc-cancelled', file: codeFlow, find: "if (error === 'access_denied') throw", replace: "if (error === 'access_denied' && (false as boolean)) throw", why: 'Who changed their mind would be told that something broke.' },
  { id: 'oidc-own-name', file: oidc, find: "if (text(server, 'issuer') !== issuer) throw", replace: 'if (false as boolean) throw', why: 'A planted discovery document would send people to another provider (RFC 8414 §3.3).' },
  { id: 'oidc-pkce-there', file: oidc, find: "if (Array.isArray(methods) && !methods.includes('S256')) throw", replace: 'if (false as boolean) throw', why: 'A provider without PKCE would take a stolen code.' },
  { id: 'oidc-safe-sign-in', file: oidc, find: "addressWith(safeAddress(text(server, 'authorization_endpoint')),", replace: "addressWith(text(server, 'authorization_endpoint'),", why: 'A tampered description would run as script, or send people to http.' },
  { id: 'oidc-nonce-of-the-key', file: oidc, find: '`${(gains ?? key).thumbprint}.${linkId}`', replace: '`${key.thumbprint}.${linkId}`', why: 'A leaked ID token could be linked to somebody else.' },
  { id: 'oidc-not-let-in', file: codeFlow, find: "if (!isLoginError(error) || !/^(access_denied|captcha_required|guests_disabled)$/.test(error.oauthError ?? '')) throw error;", replace: 'if (!isLoginError(error) || Math.random() >= 0) throw error;', why: 'A visitor who is not let in would be asked for again and again.' },
  { id: 'oidc-kept-id-token', file: oidc, find: 'if (!pending.details?.idToken) await keep({ idToken });', replace: '', why: 'One lost answer of the verifier would cost the sign-in: a code is good once.' },
  { id: 'oidc-wants-nonce', file: oidc, find: 'judge(wantsNonce ? await ask(answer.dpopNonce) : answer,', replace: 'judge(answer,', why: 'Nobody would be renewed, and nobody with a wrong clock would be a guest.' },
  { id: 'oidc-secure-configured', file: codeFlow, find: "if (typeof address === 'string' && safeAddress(address)) return address;", replace: "if (typeof address === 'string') return address;", why: 'Tokens would travel over http because of a slip in a setting.' },
  { id: 'key-unreadable', file: dpop, find: "crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify'])", replace: "crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])", why: 'A script in the page could carry the key away, and with it the guest.' },
  { id: 'page-proof-names-token', file: dpop, find: '...(accessToken && { ath: await digest(crypto, accessToken) }),', replace: '', why: 'An API would have to refuse everybody whose token is bound to a key.' },
  { id: 'one-key', file: record, find: 'return record.guestKey ? null : { guestKey: event.key };', replace: 'return { guestKey: event.key };', why: "Twenty tabs would make twenty keys, and the first tab's token would be bound to a lost one." },
  { id: 'key-of-the-spent-guest', file: record, find: 'record.guestKey?.thumbprint === event.key.thumbprint ?', replace: '(false as boolean) ?', why: 'A browser whose guest became a user elsewhere would never get another guest.' },
  { id: 'users-leave-no-key', file: record, find: "...(session?.kind === 'user' && { guestKey: undefined }),", replace: '', why: 'The next guest on the device would be who the last person was.' },
  { id: 'sign-out-deletes-key', file: record, find: 'merges: merges.map(withoutKey), guestKey: undefined };', replace: 'merges: merges.map(withoutKey) };', why: 'Who gave the guest up on a shared device would leave it to the next person.' },
  { id: 'merged-guest-let-go', file: record, find: 'merges: merges.map(withoutKey), ', replace: '', why: 'The next person at the device could be the guest whose things were still on their way.' },
  { id: 'done-beats-failed', file: record, find: "orFailed(event.state), (one)", replace: 'isOpen(event.state), (one)', why: 'Who was told of a failure while another page went through would be nobody, and the guest gone.' },
  { id: 'spent-key-asks', file: record, find: ", ...(!session && { ended: 'user_expired' as const })", replace: '', why: 'A user whose answer was lost would be made another guest without a word.' },
  { id: 'redeemed-key-let-go', file: record, find: ", key: undefined, details: undefined }), ...change };", replace: ' }), ...change };', why: 'The ID token and a second copy of the key would lie in storage for ever.' },
  { id: 'stored-key-unreadable', file: stored, find: ' && !value.extractable', replace: '', why: 'A key that was planted, and that the planter can read, would be taken for our own.' },
  { id: 'stored-key-signs', file: stored, find: " && value.usages.includes('sign')", replace: '', why: 'A damaged record would fail at every request, for ever.' },
  { id: 'key-before-guest', file: startGuest, find: 'if (spent) await keeper.commit', replace: 'if (spent && (false as boolean)) await keeper.commit', why: 'A key whose guest became a user would be tried for ever.' },
  { id: 'listed-apis-only', file: fetchApi, find: 'settings.apiOrigins.includes(new URL(request.url).origin) && ', replace: '', why: 'The token would go to whatever host a page asks for something.' },
  { id: 'own-authorization-kept', file: fetchApi, find: " && !request.headers.has('authorization')", replace: '', why: "The app's own credential would be replaced without a word." },
  { id: 'same-person-again', file: fetchApi, find: 'if (next?.subject !== session.subject) return answer;', replace: 'if (!next) return answer;', why: 'What one person asked for would be done as another, who came meanwhile.' },
  { id: 'refused-token-renewed', file: keeper, find: 'if (!session || !(isRefused || ', replace: 'if (!session || !(', why: 'An API that refuses a token would refuse it to its end.' },
  { id: 'refused-token-waits', file: keeper, find: " && waitMs(record, ports.now()) === 0;", replace: ';', why: 'Every refused request would ask a service that asked to be left alone.' },
  { id: 'ended-guest-is-linked', file: signIn, find: " || (guestKey && ended === 'guest_ended')", replace: '', why: 'A guest whose session had ended would lose everything by signing in.' },
  { id: 'guest-waited-for', file: signIn, find: ' || (keeper.record.guestKey && isLoginError(error) && error.retryable)', replace: '', why: 'Who signs in during an outage would lose the guest, and the cart with it.' },
  { id: 'unwanted-session-ends', file: signIn, find: "unwanted?.renewal.type !== 'refresh_token' && ", replace: '', why: 'A session that the person did not want would live on at the verifier for ninety days.' },
  { id: 'resumed-after-refusal', file: authorize, find: 'isLoginError(error) && !error.retryable ? await resumed(context, pending, ports) : null', replace: 'null as Grant | null', why: 'A slow first try that was done after all would be told as a failure, and the guest would be gone.' },
  { id: 'captcha-outside-the-lock', file: startGuest, find: 'if (!wantsCaptcha(error) || !provider.captcha) throw error;', replace: 'if (Math.random() >= 0) throw error;', why: 'Nobody could show that they are a person.' },
  { id: 'proof-by-the-right-clock', file: oidc, find: 'now: () => now() - (receivedAt - issuedAt)', replace: 'now', why: 'Whose clock is wrong could not use an API that wants proofs.' },
  { id: 'asked-once-more-who', file: oidc, find: "...(purpose === 'sign_in' && session?.kind === 'user' && { max_age: '0' }),", replace: '', why: 'A user whom the provider remembers could never add another way to sign in.' },
  { id: 'popup-given-up', file: authorize, find: "return (one.callback !== null && (await persist(context, state))) || { type: 'cancelled' };", replace: "return { type: 'cancelled' };", why: 'Who closed the window a moment too soon would be told that nothing was done, and it was.' },
];
