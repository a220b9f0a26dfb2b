/** The flows and the client: round trips, guests, merges, sign-out, deadlines. */
const arrive = 'packages/login/src/flows/arrive.ts';
const beGuest = 'packages/login/src/flows/be-guest.ts';
const authorize = 'packages/login/src/flows/authorize.ts';
const startGuest = 'packages/login/src/flows/start-guest.ts';
const useSession = 'packages/login/src/flows/use-session.ts';
const signIn = 'packages/login/src/flows/sign-in.ts';
const merge = 'packages/login/src/flows/merge.ts';
const later = 'packages/login/src/providers/later.ts';
const logOut = 'packages/login/src/flows/log-out.ts';
const client = 'packages/login/src/client.ts';
const loadActs = 'packages/login/src/load-acts.ts';

export const flows = [
  {
    id: 'state-compare', file: arrive, find: '(arrival ? one.state === arrival.state :', replace: '(arrival ? !one.outcome :',
    why: "A link sent by a stranger would sign the person in to the stranger's account in the middle of their own sign-in.",
  },
  {
    id: 'foreign-callback-given-back', file: arrive, find: 'navigation.rewrite(arrival.address);', replace: '{}',
    why: 'Whoever signs in with another library on the same page would lose their code, and never get in.',
  },
  {
    id: 'address-not-taken-back', file: arrive, find: 'if (arrival && navigation.current().href === arrival.cleaned.href)', replace: 'if (arrival)',
    why: 'Who went on to another view meanwhile would find an old address in the address bar.',
  },
  {
    id: 'cleaned-at-once', file: arrive, find: '  navigation.rewrite(cleaned);', replace: '  queueMicrotask(() => navigation.rewrite(cleaned));',
    why: "A statistics script that starts a moment later would send the person's code to its own server.",
  },
  {
    id: 'begun-elsewhere', file: arrive, find: "if (arrival?.origin === 'service') return {", replace: "if (arrival?.state === '') return {",
    why: 'Who opened the link in the mail in another browser would look at a shop that says nothing.',
  },
  {
    id: 'way-back-only-while-here', file: arrive, find: 'if (navigation.current().href === arrival.cleaned.href && sameDocument', replace: 'if (sameDocument',
    why: 'Who went on to another view meanwhile would be put back to where they were before the sign-in.',
  },
  {
    id: 'way-back-same-page', file: arrive, find: '=> onSite(path, address).pathname === address.pathname;', replace: '=> onSite(path, address).origin === address.origin;',
    why: 'Who comes back to a callback page would see the address of a page that is not shown.',
  },
  {
    id: 'way-back-on-site', file: arrive, find: '=> new URL(origin + path);', replace: '=> new URL(path, origin);',
    why: 'Who was on an address with two slashes would be sent on to a stranger\'s host.',
  },
  {
    id: 'redeeming-waits', file: authorize, find: ' || waitMs(record, ports.now()) > 0) return pending;', replace: ') return pending;',
    why: 'Ten tabs with the same callback would each try as soon as one has failed.',
  },
  {
    id: 'redirect-to-a-page', file: authorize, find: 'if (URL.canParse(redirectUrl, here) && /^https?:$/.test(new URL(redirectUrl, here).protocol)) return', replace: 'if (URL.canParse(redirectUrl, here)) return',
    why: 'A redirect address that came from a link would run as a script when the person comes back.',
  },
  {
    id: 'ten-minutes', file: authorize, find: 'if (!pending.unsure && clock.now() - pending.startedAt > PENDING_LIFETIME_MS) throw', replace: 'if (false as boolean) throw',
    why: 'A sign-in left open on a shared device would be finished by the next person, hours later.',
  },
  {
    id: 'unsure-written-ahead', file: authorize, find: "if (!unsure) await keeper.commit({ type: 'unsure', state });", replace: '',
    why: 'Whose tab died in the middle would have the code redeemed twice, which revokes the session it gave.',
  },
  {
    id: 'resumed-first', file: authorize, find: 'unsure ? await resumedOr(exchanged, context, pending, ports) : await exchanged()', replace: 'await exchanged()',
    why: 'A lost answer would cost the sign-in that it brought, and with it the account.',
  },
  {
    id: 'kind-fits-purpose', file: authorize, find: "if ((grant.kind === 'guest') !== (pending.purpose === 'guest')) throw", replace: 'if (false as boolean) throw',
    why: 'Who signed in would be told so, and be a guest all the same: at sign-out everything would be thrown away.',
  },
  {
    id: 'redeeming-put-off', file: authorize, find: '        await keeper.putOff(error);\n', replace: '',
    why: 'Everybody who comes back while the service is down would ask it without a pause.',
  },
  {
    id: 'redeeming-ends', file: authorize, find: 'if (clock.now() + pauseMs > deadline) throw', replace: 'if (false as boolean) throw',
    why: 'Who comes back while the service is down would look at an empty page for as long as it is.',
  },
  {
    id: 'loop-breaker', file: authorize, find: "if (departure.purpose === 'guest' && recent.length >= LOOP_COUNT) throw", replace: 'if (false as boolean) throw',
    why: 'With a wrong redirect URL the page would be sent away for ever, and the person could not even close the tab in peace.',
  },
  {
    id: 'intent-written-down', file: authorize, find: "if (!keeper.saved) throw new LoginError('storage_unavailable', 'Signing in", replace: "if (false as boolean) throw new LoginError('storage_unavailable', 'Signing in",
    why: "Who comes back would not be known, while the service has replaced the guest's cookie already: the cart would be gone.",
  },
  {
    id: 'guest-did-not-cancel', file: authorize, find: " && pending.purpose !== 'guest' ? { type: 'cancelled' as const }", replace: " ? { type: 'cancelled' as const }",
    why: 'A page would send every visitor to a service that wants no guests, again and again, and hear that they declined.',
  },
  {
    id: 'recovered-by-whom', file: authorize, find: "&& keeper.record.session?.kind === 'guest' && one.subject === keeper.record.session.subject && ", replace: '&& ',
    why: 'A link that somebody else began on this device would be finished for whoever is here now.',
  },
  {
    id: 'recovered-while-still-here', file: authorize, find: 'findCut()?.state !== cut.state || ', replace: '',
    why: 'A guest who came while this tab waited for its turn would be asked about with the link of the one before.',
  },
  {
    id: 'recovered-for-whom', file: authorize, find: "grant?.kind === 'user' && grant.subject === cut.subject", replace: "grant?.kind === 'user'",
    why: "A link that was cut would be finished with whoever else is signed in at the service.",
  },
  {
    id: 'guest-asked-again-under-the-lock', file: startGuest, find: "if (keeper.nextStep(guests) !== 'start_guest') return;", replace: '',
    why: 'Twenty tabs would make twenty guests, and nineteen carts would be lost.',
  },
  {
    id: 'storage-asked-once-more', file: startGuest, find: '    await keeper.insist();\n', replace: '',
    why: 'A guest whose storage was slow for a moment would be replaced by a new one, and the cart would be gone.',
  },
  {
    id: 'guest-signed-out-meanwhile', file: startGuest, find: 'if (!keeper.record.session) throw', replace: 'if (false as boolean) throw',
    why: 'Who signed out while a guest was on its way would be asked for one again and again.',
  },
  {
    id: 'guest-connection-makes-guests', file: startGuest, find: "if (grant.kind !== 'guest') throw", replace: 'if (false as boolean) throw',
    why: 'A visitor would silently be the user who signed in at this device before.',
  },
  {
    id: 'guest-put-off', file: startGuest, find: '      if (!wantsCaptcha(error)) await keeper.putOff(error);\n', replace: '',
    why: 'Each new visitor would ask a verifier that is down without a pause.',
  },
  {
    id: 'frame-state', file: startGuest, find: '(at) => provider.callbackState(at)?.state === state', replace: '(at) => provider.callbackState(at) !== null',
    why: "A frame that was led to a stranger's callback would make the visitor the stranger's guest.",
  },
  {
    id: 'caught-up-first', file: useSession, find: '    await keeper.caughtUp();\n', replace: '',
    why: 'A page that comes back from the cache would serve the token of somebody who signed out meanwhile.',
  },
  {
    id: 'no-wait-past-the-deadline', file: useSession, find: 'if (clock.now() + ms > deadline) throw', replace: 'if (false as boolean) throw',
    why: 'A visitor would wait for minutes at a button, and never learn that the service is down.',
  },
  {
    id: 'no-second-frame', file: useSession, find: ' || keeper.ports.frame.isForbidden()) throw error;', replace: ') throw error;',
    why: 'On a page that forbids frames a visitor would wait until the deadline before anything happens.',
  },
  {
    id: 'lapsed-guest-renewed', file: signIn, find: "  await useSession(context, { ...request, guests: context.keeper.record.guestKey ? 'on-demand' : 'explicit' });\n", replace: '',
    why: 'Who signs in days after filling the cart would not be linked to it.',
  },
  {
    id: 'guest-is-linked', file: signIn, find: "if (session?.kind === 'guest' || (guestKey && ended === 'guest_ended')) {", replace: 'if (false as boolean) {',
    why: 'A guest who signs in would get another ID, and the cart would stay behind.',
  },
  {
    id: 'guest-not-left-behind', file: signIn, find: 'if (keeper.record.session || (keeper.record.guestKey', replace: 'if ((keeper.record.guestKey',
    why: 'A hiccup of the service would have the person sign in without the guest, and without the cart.',
  },
  {
    id: 'proof-lives-on', file: signIn, find: "    if (session?.kind === 'guest') await useSession", replace: "    if (false as boolean) await useSession",
    why: "The shop's server would refuse to hand over the cart, because the guest's proof ended on the way.",
  },
  {
    id: 'answered-once', file: signIn, find: "if (!(await keeper.commit({ type: 'resolved', choice, id: conflict.id }))) throw", replace: "if (!(await keeper.commit({ type: 'resolved', choice, id: conflict.id })) && (false as boolean)) throw",
    why: 'Who answered in two tabs would be told in one of them that it was done, though the other answer counts.',
  },
  {
    id: 'merge-of-this-user', file: merge, find: '.filter((merge) => merge.to === keeper.record.session?.subject)', replace: '',
    why: "A guest's things would be offered while another user is here, and land in that user's cart.",
  },
  {
    id: 'merge-still-due', file: merge, find: ' && keeper.record.session?.subject === merge.to;', replace: ';',
    why: "A second try would hand a guest's cart to the page of whoever signed in meanwhile.",
  },
  {
    id: 'merge-until-taken', file: merge, find: '    await mergeGuest({', replace: "    await keeper.commit({ type: 'merged', key: merge.key });\n    await mergeGuest({",
    why: "A cart service that is down for a second would cost the guest's cart.",
  },
  {
    id: 'merge-token-ends', file: merge, find: 'now > receivedAt + lifetimeMs;', replace: 'now > receivedAt + lifetimeMs * Infinity;',
    why: "The shop's server would refuse the merge as forged, and nobody could tell that the proof had just ended.",
  },
  {
    id: 'merge-proof-renewed', file: merge, find: 'if (grant.subject !== from.subject) throw', replace: 'if (false as boolean) throw',
    why: "A stranger's token would prove whose the cart was.",
  },
  {
    id: 'merge-proof-own-renewal', file: merge, find: "if (from.renewal.type !== 'refresh_token') throw", replace: 'if (false as boolean) throw',
    why: "The user's cookie would be spent for the guest.",
  },
  {
    id: 'admit-after-sign-out', file: 'packages/login/src/flows/authorize.ts', find: "subject !== null && ended === 'signed_out') {", replace: 'false as boolean) {',
    why: 'Who signed out in another tab would be signed in by an answer that was on its way.',
  },
  {
    id: 'admit-same-person', file: 'packages/login/src/flows/authorize.ts', find: 'if (session ? session.subject !== subject :', replace: 'if (session ? (false as boolean) :',
    why: 'The next guest at the device would be asked about a sign-in that they did not begin.',
  },
  {
    id: 'guest-not-discarded', file: logOut, find: "if (session?.kind === 'guest' && !discardGuest) {", replace: 'if (false as boolean) {',
    why: 'A guest who touches "sign out" would lose the cart for ever, without being asked.',
  },
  {
    id: 'sign-out-overtaken', file: logOut, find: 'if (reader.record.session) throw', replace: 'if (false as boolean) throw',
    why: 'Who signed out would leave a shared device while somebody is still signed in on it.',
  },
  {
    id: 'sign-out-noted', file: logOut, find: "if (!reader.saved) throw new LoginError('storage_unavailable', 'Signed out", replace: "if (false as boolean) throw new LoginError('storage_unavailable', 'Signed out",
    why: 'Who signed out on a shared device would be back with the next reload, and never know.',
  },
  {
    id: 'deadline', file: client, find: '.then(() => this.#useSession(deadline)), timeUp])', replace: '.then(() => this.#useSession(deadline))])',
    why: 'A page whose storage hangs would never show more than a spinner.',
  },
  {
    id: 'given-up', file: client, find: '      signal?.throwIfAborted();\n', replace: '',
    why: 'Who leaves a view would be shown an error about a deadline that nobody set.',
  },
  {
    id: 'redirect-only-where-forbidden', file: beGuest, find: 'if (!keeper.ports.frame.isForbidden()) throw error;', replace: '',
    why: 'Whenever the service hiccups, a visitor who only looks around would be sent away from the page.',
  },
  {
    id: 'arrival-once', file: client, find: 'this.#arrival ??= this.#settle(', replace: 'this.#arrival = this.#settle(',
    why: 'The second call of a page would find a clean address bar, and tell the person that nothing came of the sign-in.',
  },
  {
    id: 'arrival-again', file: client, find: '      this.#arrival = null;\n', replace: '',
    why: 'Who came back while the service was down could not go on without a reload.',
  },
  {
    id: 'here-already', file: client, find: 'if (!this.#open().record.session) throw error;', replace: 'throw error;',
    why: 'A guest with a good token could not use the shop because a sign-in of theirs cannot be finished yet.',
  },
  {
    id: 'connection-checked', file: 'packages/login/src/core/options.ts', find: 'if (connectionId !== undefined && !isId) throw', replace: 'if (false as boolean) throw',
    why: 'A connection that came from an address bar, 5 MB long, would be sent to the service and kept in the browser.',
  },
  {
    id: 'asked-before-the-arrival', file: client, find: '(this.#arrival && this.#opened', replace: '(this.#opened',
    why: 'Who comes back signed in would be served the token of the guest they were.',
  },
  {
    id: 'no-link-to-guests', file: client, find: 'if (!connectionId || this.#settings.provider.isGuestConnection(connectionId)) throw', replace: 'if (!connectionId) throw',
    why: "A person who wants to keep the cart would be linked to a connection that makes strangers, and be lost.",
  },
  {
    id: 'chunk-asked-again', file: later, find: '    part = null;\n', replace: '',
    why: 'A moment without a network when a page opened would cost everything else on it, until it is loaded again.',
  },
  {
    id: 'chunk-asked-again-in-firefox', file: 'packages/login/src/ports/bring.ts', find: 'if (!address) throw error;', replace: 'if (!address || address) throw error;',
    why: 'The same in Firefox, which remembers that a file did not come.',
  },
  {
    id: 'chunk-typed', file: later, find: "throw new LoginError('network', 'A part of this library", replace: "throw new TypeError('A part of this library",
    why: 'The app would take a dropped connection for a fault in itself, and show the person a blank page.',
  },
  {
    id: 'chunk-in-time', file: loadActs, find: 'return Promise.race([part, late])', replace: 'return Promise.race([part])',
    why: 'On a connection that stalls every call but a cached token would be waited for without end, and a sign-in window would stay open.',
  },
  {
    id: 'fetch-given-up', file: client, find: 'return Promise.race([ended, this.#act(', replace: 'return Promise.race([this.#act(',
    why: 'Who gave up a request would wait for it all the same.',
  },
  {
    id: 'chunk-after-the-token', file: client, find: 'record.session ? lifecycle.idle?.() : Promise.resolve()', replace: 'Promise.resolve()',
    why: 'The first thing of every page would be a file that most pages do not need.',
  },
  {
    id: 'came-back-written-down', file: arrive, find: 'if (!open.outcome && open.callback === null) await', replace: 'if (arrival.state === open.id) await',
    why: 'Who reloads because the page hangs after a sign-in would have to sign in again.',
  },
  {
    id: 'signed-out-before-told', file: logOut, find: 'await tellService(session).catch((failure: unknown) => ({ failure }))', replace: 'await tellService(session)',
    why: 'Where the service can not be reached and storage failed too, the person would not learn that they are still signed in here.',
  },
  {
    id: 'merge-offered-later', file: client, find: 'void ports.clock.sleep(AGAIN_MS).then(() => this.#deliverMerges());', replace: '',
    why: "A guest's cart would wait for the next page, because a file did not come.",
  },
];
