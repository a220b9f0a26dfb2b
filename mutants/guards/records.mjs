/** The record: what may happen to it, what is asked next, and what storage may bring. */
const record = 'packages/login/src/core/record.ts';
const policy = 'packages/login/src/core/policy.ts';
const stored = 'packages/login/src/core/stored.ts';
const options = 'packages/login/src/core/options.ts';

export const records = [
  {
    id: 'one-guest', file: record, find: 'return session || late ? null : startGuest(', replace: 'return late ? null : startGuest(',
    why: 'Who opened two tabs would get a second guest on top of the first, and find the cart empty.',
  },
  {
    id: 'late-guest', file: record, find: 'return session || late ? null : startGuest(', replace: 'return session ? null : startGuest(',
    why: 'Who signed out while a guest was on its way would be somebody again.',
  },
  {
    id: 'late-renewal', file: record, find: 'return session && !late ? hold(', replace: 'return session ? hold(',
    why: "Who just became a user would be handed the guest's older credential, which the service no longer renews.",
  },
  {
    id: 'late-refusal', file: record, find: 'if (!session || late) return null;', replace: 'if (!session) return null;',
    why: 'Who just signed in would be thrown out because the guest they were was refused.',
  },
  {
    id: 'signed-out-stays-out', file: record, find: 'if (bringsBack(mine, stored)) return mine;', replace: 'if (bringsBack(mine, emptyRecord)) return mine;',
    why: 'Who signed out would be back on the page, brought by a tab that had slept through it.',
  },
  {
    id: 'linked-guest-stays-out', file: record, find: 'session?.subject === record.session?.subject ? record.arrival : arrival', replace: 'session ? arrival : undefined',
    why: 'Who linked and signed out would be back as the guest they were, brought by a tab that had slept through both.',
  },
  {
    id: 'woken-same-wait', file: record, find: "record.backoff?.by === 'us' && record.backoff.until === event.until ?", replace: "record.backoff?.by === 'us' ?",
    why: 'Twenty tabs that wake up would each end the wait of the one before, and flood a service that is just coming back for everybody.',
  },
  {
    id: 'woken-own-wait', file: record, find: "record.backoff?.by === 'us' && record.backoff.until", replace: 'record.backoff && record.backoff.until',
    why: 'Who looks at the page again would ask a service that had said "in two minutes", and be shut out for longer.',
  },
  {
    id: 'attempts-count', file: record, find: '(record.backoff?.attempts ?? 0) + 1', replace: '1',
    why: 'Everybody would ask a service that is down twice a second, for as long as it is.',
  },
  {
    id: 'pending-open', file: record, find: 'one.state === state && !one.outcome', replace: 'one.state === state',
    why: 'Who goes Back to an old callback would have the finished sign-in done over, with another answer.',
  },
  {
    id: 'pending-few', file: record, find: '[...pending, event.pending].slice(-MAX_PENDING)', replace: '[...pending, event.pending]',
    why: "Who begins and cancels for a year would carry every try's secret along, until storage is full and the cart is gone.",
  },
  {
    id: 'secrets-let-go', file: record, find: "{ outcome, callback: null, codeVerifier: '', key: undefined, details: undefined }", replace: '{ outcome }',
    why: 'The code and its verifier would lie in the browser for whoever uses the device next.',
  },
  {
    id: 'never-switched', file: record, find: 'if (!rival) return', replace: "if (!rival || one.purpose === 'link') return",
    why: "A guest whose Google account already has a user would wake up as that user, the guest's cart gone without a question.",
  },
  {
    id: 'user-never-switched', file: record, find: "!(one.purpose === 'sign_in' && session.kind === 'user')", replace: "session.kind !== 'user'",
    why: "A user who adds an identity that is somebody else's would silently become somebody else.",
  },
  {
    id: 'merge-key-stable', file: record, find: '[{ key, from: guest,', replace: '[{ key: `${key} ${record.version}`, from: guest,',
    why: 'The shop could not tell a repeated merge from a new one, and would double the cart.',
  },
  {
    id: 'merge-of-parked', file: record, find: "const last = session ?? (ended === 'guest_ended' ? parked : null);", replace: 'const last = session;',
    why: 'Who thought about it until the token ran out would go on as the user, and leave the cart behind.',
  },
  {
    id: 'merge-guests-only', file: record, find: "return last?.kind === 'guest' ? last : null;", replace: 'return last;',
    why: "One user's things would be carried over to another user of the same device.",
  },
  {
    id: 'moved-from-who-is-here', file: record, find: 'if (guest && guest.subject === now.movedFrom) return', replace: 'if (guest && now.movedFrom) return',
    why: 'A guest would be merged into a user that somebody else became, without a question.',
  },
  {
    id: 'merges-one-by-one', file: record, find: 'merges.filter((merge) => merge.key !== event.key)', replace: '[]',
    why: "With one guest's cart taken over, the other one that still waits would be forgotten.",
  },
  {
    id: 'own-question', file: record, find: 'if (conflict?.id !== event.id) return null;', replace: 'if (!conflict) return null;',
    why: 'An answer given in an old tab would answer a question that the person has not seen yet.',
  },
  {
    id: 'sign-out-of-whom', file: record, find: 'if (session && session.subject !== event.subject) return null;', replace: '',
    why: 'A sign-out that was overtaken would sign out the next person, and a guest among them would be lost.',
  },
  {
    id: 'sign-out-ends-pending', file: record, find: 'parked: null, pending: [], conflict: null, merges: merges', replace: 'parked: null, conflict: null, merges: merges',
    why: 'Who signed out on a shared device would be signed in again by a callback that the next person reloads.',
  },
  {
    id: 'sign-out-ends-parked', file: record, find: 'parked: null, pending: [], conflict: null, merges: merges', replace: 'pending: [], conflict: null, merges: merges',
    why: 'The things of a guest who was given up on a shared device would follow the next person who signs in.',
  },
  {
    id: 'parked-not-for-ever', file: record, find: "session ?? (ended === 'guest_ended' ? parked : null)", replace: 'session ?? parked',
    why: "A guest of last month would be carried over to somebody who was never that guest.",
  },
  {
    id: 'begun-once', file: record, find: 'pending.some(({ state }) => state === event.pending.state) ? null : {', replace: '{',
    why: 'A departure that was written twice would be finished once, and the other one would wait for the next person.',
  },
  {
    id: 'frame-took-cookie', file: record, find: 'session && session.subject !== now.subject ? replacedCookie(session, now) : now, one.id)', replace: 'session ?? now, one.id)',
    why: "Who is here would be renewed with the cookie of a guest that another tab started, and become that guest.",
  },
  {
    id: 'sign-out-ends-question', file: record, find: 'parked: null, pending: [], conflict: null, merges: merges', replace: 'parked: null, pending: [], merges: merges',
    why: "The next person at the device would be asked whether to go on as the user who just signed out, and could.",
  },
  {
    id: 'new-guest-took-cookie', file: record, find: ', ...(replaced && { conflict: { ...conflict, session: null } })', replace: '',
    why: "Who goes on as the user after a new guest came would hold a session that renews as that guest's.",
  },
  {
    id: 'turn-grows', file: record, find: 'turn: record.turn + 1, ended: null', replace: 'turn: record.turn, ended: null',
    why: 'No answer would ever be late: a slow refresh would undo a sign-in.',
  },
  {
    id: 'version-grows', file: record, find: 'version: record.version + 1', replace: 'version: record.version',
    why: 'The other tabs would not see that the person signed out in this one.',
  },
  {
    id: 'guest-parked', file: record, find: "ended: 'guest_ended', parked: session }", replace: "ended: 'guest_ended' }",
    why: 'A guest whose session ended would be forgotten by name, and nobody could bring back the cart.',
  },
  {
    id: 'user-never-guest', file: record, find: "(before.kind === 'user' ? { ...now, kind: 'user' } : now)", replace: 'now',
    why: 'A user would turn into a guest by a renewal, and sign-out would ask whether to throw the account away.',
  },
  {
    id: 'cookie-replaced', file: record, find: "guest.renewal.type === 'cookie' && user.renewal.type === 'cookie' ? withoutRenewal(guest) : guest", replace: 'guest',
    why: "A guest who thinks about it would be renewed with the user's cookie, and become the user unasked.",
  },
  {
    id: 'later-version', file: record, find: 'return stored.version > mine.version ? stored : mine;', replace: 'return stored;',
    why: 'A slow reading would bring back what was before the sign-in.',
  },
  {
    id: 'lines-apart', file: record, find: 'if (stored.line === mine.line) return', replace: "if (stored.line !== '') return",
    why: 'After storage was cleared and filled again, this tab and the others would each go on as another guest.',
  },
  {
    id: 'cleared-written-back', file: record, find: "if (stored.session || stored.ended || (stored.line !== '' && !mine.session)) return stored;", replace: 'if (stored.version >= 0) return stored;',
    why: 'Storage cleared under an open page would take the guest from a person who is still here.',
  },
  {
    id: 'stored-line-holds', file: record, find: "if (stored.session || stored.ended || (stored.line !== '' && !mine.session)) return stored;", replace: '',
    why: 'An old tab would put its guest over the one that all other tabs have gone on with since storage was cleared.',
  },
  {
    id: 'never-after-a-user', file: policy, find: "if (guests === 'explicit' || (guests === 'on-demand' && wasUser)) return", replace: "if (guests === 'explicit') return",
    why: 'A user whose session ended would shop on as a stranger, under an ID that is not theirs.',
  },
  {
    id: 'guests-only-when-asked', file: policy, find: "if (guests === 'explicit' || (guests", replace: 'if ((guests',
    why: 'Everybody who looks at the front page would get an ID they were never told about.',
  },
  {
    id: 'explicit-by-default', file: options, find: "const { guests = 'explicit',", replace: "const { guests = 'on-demand',",
    why: 'An app that never chose would give an ID to whoever comes by.',
  },
  {
    id: 'new-guest-waits', file: policy, find: "return waiting ? 'wait' : 'start_guest';", replace: "return 'start_guest';",
    why: 'Visitors of a shop whose service is down would ask it without a pause, and keep it down.',
  },
  {
    id: 'refresh-waits', file: policy, find: "return waiting ? 'wait' : 'refresh';", replace: "return 'refresh';",
    why: 'Each tab would ask a failing service at once, however long it had asked to be left alone.',
  },
  {
    id: 'early-refresh-waits', file: policy, find: "return renewable && !waiting ? 'serve_and_refresh' : 'serve';", replace: "return renewable ? 'serve_and_refresh' : 'serve';",
    why: 'Every call of the last minute would send a request to a service that had asked for a pause.',
  },
  {
    id: 'margin-of-a-tenth', file: policy, find: 'Math.min(60_000, lifetimeMs / 10)', replace: '60_000',
    why: 'With tokens of a minute every single call would refresh.',
  },
  {
    id: 'only-a-refusal-ends', file: policy, find: "error.code === 'grant_refused'", replace: '!error.retryable',
    why: 'A mistake in the settings of the app would end the session of every guest there is.',
  },
  {
    id: 'longest-wait', file: policy, find: 'return left > 0 && left <= LONGEST_WAIT_MS ? left : 0;', replace: 'return left > 0 ? left : 0;',
    why: 'Whose clock was set back by a day would wait a day for the next token.',
  },
  {
    id: 'asked-wait-capped', file: policy, find: 'Math.min(LONGEST_WAIT_MS, retryAfterMs ?? 0)', replace: '(retryAfterMs ?? 0)',
    why: 'One answer that asks for a week would lock the person out for a week.',
  },
  {
    id: 'waits-grow', file: policy, find: '500 * 2 ** (record.backoff?.attempts ?? 0)', replace: '500',
    why: 'A service that is down would be asked four times a second by everybody, and stay down.',
  },
  {
    id: 'waits-are-capped', file: policy, find: 'Math.min(30_000, 500 * 2 ** (record.backoff?.attempts ?? 0))', replace: '500 * 2 ** (record.backoff?.attempts ?? 0)',
    why: 'After a night without a network the first token would take until noon.',
  },
  {
    id: 'waits-differ', file: policy, find: 'Math.ceil(ceiling * random)', replace: 'ceiling',
    why: 'All browsers that failed together would come back together, and bring the service down again.',
  },
  {
    id: 'asked-wait-is-known', file: policy, find: "by: theirs > ours ? 'service' : 'us'", replace: "by: 'us'",
    why: 'Who looks at the page again would cut short the wait that the service asked for, and be refused for longer.',
  },
  {
    id: 'newer-schema', file: stored, find: '(data.schema as number) > emptyRecord.schema) return', replace: '(data.schema as number) > 1e9) return',
    why: 'A tab with an older version of the shop would wipe the session that a newer one wrote.',
  },
  {
    id: 'stored-checked', file: stored, find: 'return isRecord(stored) ? stored : { ...emptyRecord, aside: stored };', replace: 'return stored as SessionRecord;',
    why: 'A record that a disk fault damaged would break every page of the shop for this person, for good.',
  },
  {
    id: 'stored-kind', file: stored, find: "kind: oneOf('guest', 'user')", replace: 'kind: name',
    why: 'Somebody who is neither guest nor user could sign out without being asked, and lose the cart.',
  },
  {
    id: 'stored-renewal', file: stored, find: "oneOf('cookie', 'own_cookie', 'none')(renewal?.type) ||", replace: 'name(renewal?.type) ||',
    why: 'A way of renewing that this version does not know would be tried with the wrong credential, and be refused.',
  },
  {
    id: 'stored-numbers', file: stored, find: 'const amount: Check = (value) => Number.isFinite(value);', replace: "const amount: Check = (value) => typeof value === 'number';",
    why: 'A token that was received at NaN would never be too old, and be refused by the shop for ever.',
  },
  {
    id: 'stored-lifetime', file: stored, find: 'lifetimeMs: (value) => amount(value) && (value as number) > 0', replace: 'lifetimeMs: amount',
    why: 'A token without a life would be refreshed at every call.',
  },
  {
    id: 'stored-counts', file: stored, find: 'Number.isSafeInteger(value) && (value as number) >= 0', replace: 'amount(value)',
    why: 'A version of 1e308 never grows: no tab would see a change any more, not even a sign-out.',
  },
  {
    id: 'stored-name', file: stored, find: "const name: Check = (value) => typeof value === 'string' && value !== '';", replace: 'const name: Check = text;',
    why: 'A person without a subject would share the cart of all others without one.',
  },
];
