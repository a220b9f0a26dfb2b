/** ZITADEL as the page sees it: a guest and a user with a cookie each, and a guest who registers. */
const sayGoodbye = 'packages/login/src/flows/say-goodbye.ts';
const sessionReader = 'packages/login/src/session-reader.ts';
const zitadel = 'packages/login/src/providers/zitadel.ts';
const record = 'packages/login/src/core/record.ts';
const stored = 'packages/login/src/core/stored.ts';
const notice = 'packages/login/src/core/notice.ts';
const keeper = 'packages/login/src/session-keeper.ts';
const client = 'packages/login/src/client.ts';
const authorize = 'packages/login/src/flows/authorize.ts';
const attributes = 'packages/login/src/flows/attributes.ts';
const challenge = 'packages/login/src/flows/challenge.ts';
const fetchApi = 'packages/login/src/flows/fetch-api.ts';
const merge = 'packages/login/src/flows/merge.ts';
const signIn = 'packages/login/src/flows/sign-in.ts';
const startGuest = 'packages/login/src/flows/start-guest.ts';

export const zitadelLogin = [
  { id: 'zitadel-same-origin', file: zitadel, find: 'if (new URL(mount, page).origin !== new URL(page).origin) throw', replace: 'if (false as boolean) throw', why: 'A slip in a setting would send codes, e-mails and passwords to whoever is at that address.' },
  { id: 'zitadel-lifetime', file: zitadel, find: ' || !(lifetimeSeconds > 0)', replace: '', why: 'A session of no length would be asked for again at every click.' },
  { id: 'zitadel-own-guest', file: zitadel, find: "'subject') !== guest) throw", replace: "'subject') === '') throw", why: 'A person would sign in as the guest whose cookie was here, and not as the one they were.' },
  { id: 'zitadel-after-sign-out', file: zitadel, find: "left the cookies here.\n      if (after === 'signed_out') await", replace: "left the cookies here.\n      if (after === 'signed_out' && (false as boolean)) await", why: 'Who signed out without a network would be found again by the next person at the device.' },
  { id: 'zitadel-proved-email', file: zitadel, find: 'if (proof?.email === person.email) return', replace: 'if (proof) return', why: 'A person who corrects the e-mail would be told again and again that the code is for another one.' },
  { id: 'zitadel-upgraded-is-over', file: zitadel, find: " || error === 'guest_upgraded'", replace: '', why: 'A guest who became a user elsewhere would wait for ever, and be told that a setting is wrong.' },
  { id: 'attribute-length', file: 'packages/login/src/providers/attributes.ts', find: ' && length <= MAX_VALUE_BYTES', replace: '', why: 'The shop would learn from a failing request what a look at the text would have told.' },
  { id: 'zitadel-attribute-key', file: zitadel, find: 'if (!keys.every(', replace: 'if ((false as boolean) && !keys.every(', why: 'The shop would learn from a failing request what a look at the key would have told.' },
  { id: 'zitadel-safe-sign-out', file: zitadel, find: 'return url && safeAddress(url);', replace: 'return url;', why: 'A tampered answer would run as script when a person signs out.' },
  { id: 'zitadel-sign-in-after-sign-out', file: zitadel, find: "nobody's to find.\n      if (after === 'signed_out') await", replace: "nobody's to find.\n      if (after === 'signed_out' && (false as boolean)) await", why: 'Who signs in after somebody who signed out without a network would later be made the guest of that person.' },
  { id: 'zitadel-everybody-out', file: zitadel, find: "who === 'everybody' ?", replace: '(false as boolean) ?', why: 'The next person at the device would be the guest that the last one was before signing in.' },
  { id: 'zitadel-nonce', file: zitadel, find: ', nonce: details.nonce }', replace: ' }', why: 'Nobody could sign in: the shop’s server has nothing to compare the ID token with.' },
  { id: 'zitadel-form-whole', file: zitadel, find: "typeof part === 'string' && part !== ''", replace: 'part !== null', why: 'A form that forgot its password field would make a user whom nobody can sign in as.' },
  { id: 'cookie-at-home-only', file: fetchApi, find: 'if (new URL(request.url).origin !== navigation.current().origin) throw', replace: 'if (false as boolean) throw', why: 'Another origin would be told who is here, and answer that it knows nobody.' },
  { id: 'cookie-names-subject', file: fetchApi, find: "request.headers.set('passerby-subject', subject);", replace: '', why: "What a guest puts into the cart would be in somebody's account before the person has chosen." },
  { id: 'no-token-no-string', file: client, find: "if (tokenType === 'Cookie') throw", replace: 'if (false as boolean) throw', why: 'A page would send an empty token, and be told that nobody is here.' },
  { id: 'no-token-cached', file: sessionReader, find: "if (session.tokenType === 'Cookie') return null;", replace: '', why: 'A page would be given an empty token from the second call on.' },
  { id: 'cookie-gone-is-over', file: keeper, find: " || session.tokenType === 'Cookie' ? 'over'", replace: " ? 'over'", why: 'A visitor who cleared the cookies would be refused by the shop for half a day.' },
  { id: 'upgraded-guest-asked', file: keeper, find: "becameUser(error) && session.kind === 'guest')", replace: "becameUser(error) && session.kind === 'guest' && (false as boolean))", why: 'A guest who became a user elsewhere would be made another guest, and the cart be empty.' },
  { id: 'upgraded-user-ends', file: keeper, find: "becameUser(error) && session.kind === 'guest')", replace: 'becameUser(error))', why: 'A user whose cookie is over would have the page ask for ever.' },
  { id: 'upgraded-before-start', file: startGuest, find: 'if (isLoginError(error) && becameUser(error)) await', replace: 'if (isLoginError(error) && becameUser(error) && (false as boolean)) await', why: 'A user whose record was lost would be made another guest without a word.' },
  { id: 'upgraded-is-late', file: record, find: "return session?.kind !== 'user' && ", replace: 'return ', why: 'A late answer to the guest would sign the user out.' },
  { id: 'upgraded-is-this-one', file: record, find: " && (session?.subject ?? null) === event.subject ? { ...hold(record, null), ended: 'user_expired' }", replace: " ? { ...hold(record, null), ended: 'user_expired' }", why: 'Whoever came meanwhile would be signed out for what another guest did.' },
  { id: 'strayed-is-asked', file: record, find: "const strayed = one.purpose === 'link' && ", replace: "const strayed = (false as boolean) && one.purpose === 'link' && ", why: 'Who registered and then signed in as somebody else would not be asked, and look for the cart.' },
  { id: 'upgraded-told', file: notice, find: " && after.ended !== 'user_expired'", replace: '', why: 'The page would say that the guest is lost, and the person would begin anew instead of signing in.' },
  { id: 'token-or-cookie', file: stored, find: "(name(asObject(value)?.accessToken) || asObject(value)?.tokenType === 'Cookie')", replace: '(true as boolean)', why: 'A damaged record would have somebody be here without a token, and every request fail.' },
  { id: 'challenge-same-guest', file: challenge, find: 'if (keeper.record.session?.subject !== session?.subject) throw', replace: 'if (false as boolean) throw', why: "One person's name and e-mail would be given to the guest of another, who came meanwhile." },
  { id: 'challenge-noted', file: challenge, find: "await keeper.commit({ type: 'upgraded', subject: session.subject });", replace: '', why: 'Who leaves the sign-in page would be made a new guest in silence, though they have an account.' },
  { id: 'challenge-one-mail', file: challenge, find: "challenge.type === 'code' ? TRIES : 1", replace: 'TRIES', why: 'A slow network would send a person three codes, of which two are wrong.' },
  { id: 'challenge-patience', file: challenge, find: ' || (error.retryAfterMs ?? 0) > PAUSE_MS * TRIES', replace: '', why: 'A person would look for minutes at a form that says nothing.' },
  { id: 'challenge-no-window', file: client, find: "mode === 'popup' && !(challenge && provider.link)", replace: "mode === 'popup'", why: 'An empty window would stand over the form that the person is to fill in.' },
  { id: 'link-of-the-upgraded', file: authorize, find: 'departure.subject ?? session?.subject', replace: 'session?.subject', why: 'Who signs in after registering would not be told that they kept everything.' },
  { id: 'unwanted-cookie-ends', file: signIn, find: " && unwanted?.renewal.type !== 'own_cookie'", replace: '', why: 'Who stays a guest would leave the account open in this browser.' },
  { id: 'everybody-signs-out', file: sayGoodbye, find: "ports, 'everybody')", replace: "ports, 'this_one')", why: 'The next person at the device would find the guest of the last one.' },
  { id: 'no-token-no-proof', file: merge, find: "if (from.tokenType === 'Cookie') throw", replace: 'if (false as boolean) throw', why: 'A shop would take an empty text for the proof of a guest.' },
  { id: 'attributes-ask-first', file: attributes, find: 'if (!change) throw new', replace: "if (!change) return { };\n    if (false as boolean) throw new", why: 'A page of a shop whose service keeps nothing would be told that it was kept.' },
  { id: 'attributes-same-person', file: attributes, find: 'if (session?.subject !== subject) throw', replace: 'if (!session || (false as boolean)) throw', why: 'What one guest likes would be written to the user who signed in in another tab meanwhile.' },
  { id: 'attributes-keep-tokens', file: attributes, find: "if (grant) await keeper.commit({ type: 'renewed', grant, at, turn });", replace: '', why: 'What was kept in the tokens would be gone with the old ones.' },
  { id: 'admit-users', file: 'packages/login/src/flows/authorize.ts', find: "if (grant.kind !== 'user') throw", replace: 'if (false as boolean) throw', why: 'A guest would be told that they are signed in.' },
  { id: 'mailed-until-given-up', file: 'packages/login/src/flows/authorize.ts', find: 'return { isGivenUp: () => wait.isOver };', replace: 'return { isGivenUp: () => true };', why: 'A person would be told that they gave up before they could open the link.' },
];
