/** The verifier before a ZITADEL: who has which cookie, who becomes a user, who is merged, and who is deleted. */
const room = 'packages/verifier/src/zitadel';
const asked = `${room}/asked.ts`;
const caller = `${room}/caller.ts`;
const cookies = `${room}/cookies.ts`;
const decisions = `${room}/decisions.ts`;
const judge = `${room}/judge.ts`;
const login = `${room}/login.ts`;
const merge = `${room}/merge.ts`;
const origin = 'packages/verifier/src/gate/origin.ts';
const metadata = `${room}/metadata.ts`;
const purge = `${room}/purge.ts`;
const service = `${room}/service.ts`;
const session = `${room}/session.ts`;
const start = `${room}/start-guest.ts`;
const tokens = `${room}/token-endpoint.ts`;
const upgrade = `${room}/upgrade.ts`;
const memory = 'packages/verifier/src/store/memory-guests.ts';
const guests = 'packages/verifier/src/store/guests.ts';
const sql = 'packages/verifier/src/store/sql-guests.ts';

export const zitadelVerifier = [
  { id: 'zitadel-cookie-name', file: cookies, find: 'protectedHeader.typ === name ? parseObject(new TextDecoder().decode(plaintext)) : null', replace: 'parseObject(new TextDecoder().decode(plaintext))', why: 'A guest’s cookie under the other name would be a user’s.' },
  { id: 'zitadel-cookie-end', file: cookies, find: 'kept.end > this.#now() / 1000 ? kept : null', replace: 'kept', why: 'Who copied a cookie would be that guest for ever.' },
  { id: 'zitadel-cookie-once', file: 'packages/verifier/src/gate/cookie.ts', find: 'values.length === 1 ?', replace: 'values.length >= 1 ?', why: 'Two readers of one request could see two people.' },
  { id: 'zitadel-cookie-dir', file: cookies, find: "keyManagementAlgorithms: ['dir'], ", replace: '', why: 'A cookie could choose how it is to be opened.' },
  { id: 'zitadel-cookie-fits', file: cookies, find: 'whole.length <= MOST_BYTES ? whole : await this.#seal(kind, { ...kept, at: undefined });\n    if (sealed.length > MOST_BYTES)', replace: 'whole;\n    if (sealed.length > 1e9)', why: 'A browser would drop the cookie, and with it the guest.' },
  { id: 'zitadel-origin-needed', file: origin, find: "if (headers.get('origin') === null) throw", replace: 'if (false as boolean) throw', why: 'Whatever is no page of the shop would act with its visitor’s cookie.' },
  { id: 'zitadel-origin-listed', file: origin, find: "  refuseForeignOrigin(headers, origins);\n  if (headers.get('origin') === null) throw", replace: "  if (headers.get('origin') === null) throw", why: 'A foreign page would act with the visitor’s cookie.' },
  { id: 'zitadel-fetch-site', file: asked, find: "(headers.get('sec-fetch-site') ?? 'same-origin') !== 'same-origin'", replace: 'false', why: 'Another host of the shop would act with the visitor’s cookie.' },
  { id: 'zitadel-json-only', file: origin, find: "!JSON_TYPE.test(headers.get('content-type') ?? '')", replace: 'false', why: 'A form that a person is made to submit would act with their cookie.' },
  { id: 'zitadel-one-email', file: asked, find: 'if (line === \'\' || /\\p{C}/u.test(line)) throw', replace: "if (line === '') throw", why: 'Somebody could add recipients to the mail with the code.' },
  { id: 'zitadel-user-row', file: judge, find: "if (row.state === 'user') return 'user';", replace: "if (row.state === 'user') return 'guest';", why: 'An old copy of a guest’s cookie would open the account that the guest became.' },
  { id: 'zitadel-gone-row', file: judge, find: "if (row.state === 'gone') return 'over';", replace: "if (row.state === 'gone') return 'guest';", why: 'Who signed out on a shared device would be there for the next person.' },
  { id: 'zitadel-guest-email', file: judge, find: "if (!isGuestEmail(looks.email)) return 'user';", replace: '', why: 'A user on whom a tag was left would be deleted by the purge.' },
  { id: 'zitadel-tag-needed', file: judge, find: "looks.tags.length > 0 ? 'guest' : 'untagged'", replace: "'guest'", why: 'Who lost the tag would still be opened by a guest’s cookie.' },
  { id: 'zitadel-left-alone', file: judge, find: 'Math.abs(nowMs - row.at) > LEFT_ALONE_MS[row.state]', replace: 'Math.abs(nowMs - row.at) > -1', why: 'A guest would be put back in the middle of becoming a user.' },
  { id: 'zitadel-age', file: judge, find: 'Math.max(...days) + DAY_MS <= nowMs - olderThanMs', replace: 'Math.min(...days) + DAY_MS <= nowMs - olderThanMs', why: 'A guest who was there yesterday would be deleted.' },
  { id: 'zitadel-row-first', file: session, find: '  await refuseUnlessGuest(kept, context);\n  if (isUsable', replace: '  if (isUsable', why: 'A guest who is gone would have a session as long as the token lasts.' },
  { id: 'zitadel-tag-first', file: session, find: "if (looks && judged === 'guest') return", replace: 'if (looks) return', why: 'An old cookie would open a permanent account wherever a row was lost.' },
  { id: 'zitadel-row-after', file: session, find: "  if (decided !== 'guest') throw noGuest(decided, context);\n  return { ...renewed", replace: '  return { ...renewed', why: 'A token of the user would be handed to whoever asked for the guest’s just before.' },
  { id: 'zitadel-tag-today', file: session, find: 'if (tags.includes(today)) return;', replace: 'if (tags.length > 0) return;', why: 'A guest who comes every day would be purged with the cart.' },
  { id: 'zitadel-tag-of-a-user', file: session, find: "if (decided === 'user') await decisions.finish(kept.sub, 'found');", replace: '', why: 'A tag would be left on somebody who just became a user.' },
  { id: 'zitadel-signed-out', file: session, find: 'sid === undefined || (await settings.store.standing(kept.sub, sid)).revoked', replace: 'sid === undefined', why: 'Who signed out would be signed in for whoever copied the cookie.' },
  { id: 'zitadel-renewal-subject', file: session, find: "if (claims && claims['sub'] !== kept.sub) throw", replace: 'if (false as boolean) throw', why: 'A user would be swapped for somebody else.' },
  { id: 'zitadel-subject-turns', file: session, find: '  await takeSubjectTurn(kept.sub, context);\n  const tags', replace: '  const tags', why: 'One guest could have the service account used up.' },
  { id: 'zitadel-exchange-subject', file: tokens, find: "if (!claims || claims['sub'] !== subject) throw", replace: 'if (!claims) throw', why: 'A guest would be handed somebody else’s token.' },
  { id: 'zitadel-exchange-actor', file: tokens, find: 'if (!isActor(claims, this.#parts.serviceUserId)) throw', replace: 'if (false as boolean) throw', why: 'Every guest would pass for a user.' },
  { id: 'zitadel-network-turns', file: start, find: '  await takeNetworkTurn(asked, context);\n  const present', replace: '  const present', why: 'One machine could make users at ZITADEL without end.' },
  { id: 'zitadel-guest-rules', file: start, find: '  await refuseByRules({ form: captchaOf(asked), headers: asked.headers, clientAddress: asked.clientAddress }, context.settings);\n', replace: '', why: 'Neither the captcha nor the shop’s own rule would count.' },
  { id: 'zitadel-cookie-all-the-same', file: start, find: "[await context.cookies.seal('guest', made)]", replace: '[]', why: 'Each failed exchange would leave a user at ZITADEL whom nobody is.' },
  { id: 'zitadel-login-subject', file: login, find: "if (claims && claims['sub'] !== subject) throw", replace: 'if (false as boolean) throw', why: 'The cookie would say one person, and the token in it another.' },
  { id: 'zitadel-logout-guest', file: login, find: "if (row === null && gen === 0) await decisions.begin(sub, null, { state: 'gone', by: 'logout' });", replace: '', why: 'A copy of the cookie would still be the guest who signed out.' },
  { id: 'zitadel-logout-user', file: login, find: 'if (sid !== undefined) await settings.store.revoke(sid, end * 1000);', replace: '', why: 'An answer that comes late would sign somebody in again.' },
  { id: 'zitadel-code-right', file: upgrade, find: 'if (tried?.isRight) return;', replace: 'if (tried && tried.triesLeft > 0) return;', why: 'Somebody else’s e-mail would be proven by any code.' },
  { id: 'zitadel-codes-per-guest', file: upgrade, find: 'await takeTurn(`codes of ${sub}`, CODES, store);', replace: '', why: 'One guest could guess at codes all day.' },
  { id: 'zitadel-codes-per-email', file: upgrade, find: 'await takeTurn(`codes to ${await sha256(email.toLowerCase())}`, CODES, store);', replace: '', why: 'Somebody’s mailbox could be filled, and codes to it guessed at by many guests.' },
  { id: 'zitadel-code-for-email', file: upgrade, find: 'emailHash: await sha256(email), codeHash: await sha256(code, challenge) });', replace: "emailHash: '', codeHash: await sha256(code, challenge) });", why: 'Nobody could become a user.' },
  { id: 'zitadel-own-upgrade', file: upgrade, find: 'row?.by === challenge && ', replace: 'row !== null && ', why: 'A copy of the cookie could go on with somebody else’s upgrade.' },
  { id: 'zitadel-begin-upgrade', file: upgrade, find: "if (!began) throw noGuest('busy', context);", replace: 'if (!began) return;', why: 'Somebody would be told that they are a user who is not.' },
  { id: 'zitadel-only-first-undoes', file: upgrade, find: '(before === null ? decisions.putBack(sub, began) : undefined)', replace: 'decisions.putBack(sub, began)', why: 'A guest would be put back while the first try may still make a user of it.' },
  { id: 'zitadel-late-upgrade', file: upgrade, find: 'if (settings.now() > began.at + PATIENCE_MS) throw', replace: 'if (false as boolean) throw', why: 'Whoever was held up would make a user of a guest who was put back meanwhile.' },
  { id: 'zitadel-user-already', file: upgrade, find: "if (looks === 'guest') await makeUser(", replace: 'await makeUser(', why: 'An old cookie would set another e-mail and password on a permanent account.' },
  { id: 'zitadel-undo-refused', file: upgrade, find: '    await undo();\n    if (error.failure === \'taken\')', replace: "    if (error.failure === 'taken')", why: 'A guest whose e-mail is taken would be locked out for a minute.' },
  { id: 'zitadel-later-than-before', file: decisions, find: 'Math.max(this.#parts.now(), (before?.at ?? 0) + 1)', replace: 'this.#parts.now()', why: 'Whoever began earlier would take the row of whoever took over for theirs, and put the guest back.' },
  { id: 'zitadel-tags-off', file: decisions, find: 'await this.#removeTags(subject);', replace: '', why: 'A user would be found by the purge.' },
  { id: 'zitadel-every-tag-off', file: decisions, find: '      for (const key of left) deleted.add(key);\n', replace: '      return;\n', why: 'A tag that was set meanwhile would stay on a user.' },
  { id: 'zitadel-merge-looks', file: merge, find: "if (looks !== 'guest') throw", replace: 'if (false as boolean) throw', why: 'A user’s things could be carried off, and the user deleted, by an old cookie.' },
  { id: 'zitadel-merge-unsure', file: merge, find: 'if (isUnsure(looks, guest, context.settings.now())) throw later();', replace: '', why: 'The cart of a guest whom ZITADEL does not know yet would be given up.' },
  { id: 'zitadel-merge-put-back', file: merge, find: '    await decisions.putBack(guest.sub, began);\n', replace: '', why: 'A guest whose merge failed would be locked out.' },
  { id: 'zitadel-merge-user-here', file: merge, find: "  return current('user', user, settings);", replace: '  return user ?? current(\'user\', user, settings);', why: 'A guest would be merged into somebody who signed out.' },
  { id: 'zitadel-merge-own', file: merge, find: 'const isOurs = before?.by === by;', replace: 'const isOurs = before !== null;', why: 'A guest who was merged would be merged into somebody else too.' },
  { id: 'zitadel-merge-page', file: merge, find: 'refuseForeignPage(headers, settings.origins);', replace: '', why: 'A foreign page would have a guest merged.' },
  { id: 'zitadel-merge-tries', file: merge, find: "if (error.failure === 'unavailable') continue;", replace: "if (error.failure === 'unavailable') return;", why: 'A moment’s trouble would leave an orphan.' },
  { id: 'zitadel-purge-set', file: purge, find: "await decisions.begin(subject, null, { state: 'gone', by: 'purge' })", replace: "((await decisions.begin(subject, null, { state: 'gone', by: 'purge' })) ?? { generation: 0, state: 'gone', by: '', at: 0, until: null } as const)", why: 'A guest would be deleted in the middle of becoming a user.' },
  { id: 'zitadel-purge-looks-again', file: purge, find: 'if (isDue(looks)) {', replace: 'if (looks) {', why: 'Whoever became a user while the purge was looking would be deleted.' },
  { id: 'zitadel-purge-age', file: purge, find: 'isOlder(looks?.tags ?? [], olderThan, now())', replace: 'looks !== null', why: 'Guests who are still about would be deleted.' },
  { id: 'zitadel-purge-not-ahead', file: purge, find: ' || olderThan < 0', replace: '', why: 'A slip of the pen would delete every guest.' },
  { id: 'zitadel-metadata-keys', file: metadata, find: 'isKey(entry[0]) && isValue(entry[1])', replace: 'isValue(entry[1])', why: 'Keys of any form would be written at ZITADEL.' },
  { id: 'zitadel-metadata-many', file: metadata, find: 'if (set.size > 0 && after.size > MOST_KEYS) throw', replace: 'if (false as boolean) throw', why: 'One guest could fill ZITADEL.' },
  { id: 'zitadel-prefix', file: service, find: 'entries.filter(([key]) => key.startsWith(prefix))', replace: 'entries', why: 'A shop’s page would read and remove what is not its own.' },
  { id: 'zitadel-token-audience', file: caller, find: "if (![claims['aud']].flat().some((one) => typeof one === 'string' && audience.includes(one))) throw", replace: 'if (false as boolean) throw', why: 'A token for any other application would open the shop’s API.' },
  { id: 'zitadel-token-no-id', file: caller, find: "Object.hasOwn(claims, 'azp') || ", replace: '', why: 'An ID token, which pages hand around, would open the shop’s API.' },
  { id: 'zitadel-token-row', file: caller, find: 'if (isGuest && (await store.guestRow(subject))) throw', replace: 'if (false as boolean) throw', why: 'A token of the guest would act for the user that the guest became.' },
  { id: 'zitadel-actor', file: caller, find: 'const isGuest = isActor(claims, serviceUserId);', replace: "const isGuest = Object.hasOwn(claims, 'act');", why: 'A user whom support impersonates would be taken for a guest.' },
  { id: 'zitadel-api-page', file: caller, find: "if (method !== 'GET' && method !== 'HEAD') refuseForeignPage(headers, parts.origins);", replace: '', why: 'A foreign page could write with the visitor’s cookie.' },
  { id: 'zitadel-api-row', file: caller, find: 'kept.gen !== 0 || (await store.guestRow(kept.sub)) !== null', replace: 'kept.gen !== 0', why: 'An old copy of a guest’s cookie would act for the user that the guest became.' },
  { id: 'zitadel-api-over', file: caller, find: 'if (kept.exp <= now() / 1000) throw', replace: 'if (false as boolean) throw', why: 'Who was locked at ZITADEL would go on for ninety days.' },
  { id: 'zitadel-api-whose', file: caller, find: '(meant === null || meant === kept.sub)', replace: '(meant === null || meant !== null)', why: 'A guest’s request would be done as the user who has not been chosen yet.' },
  { id: 'zitadel-same-row', file: guests, find: ' && one.state === other.state && one.by === other.by && one.at === other.at', replace: ' && one.state === other.state', why: 'Of two who upgrade one guest both would think that it is theirs.' },
  { id: 'zitadel-code-email-memory', file: memory, find: 'sent.emailHash !== emailHash || ', replace: '', why: 'The code to one’s own e-mail would prove somebody else’s.' },
  { id: 'zitadel-code-challenge-memory', file: memory, find: 'sent.challenge !== challenge || ', replace: '', why: 'A code that was replaced would still count.' },
  { id: 'zitadel-code-end-memory', file: memory, find: 'sent.until <= this.#now() || ', replace: '', why: 'A code would be right for ever.' },
  { id: 'zitadel-code-tries-memory', file: memory, find: ' || sent.tries < 1', replace: '', why: 'Codes could be guessed at without end.' },
  { id: 'zitadel-code-tries', file: sql, find: ' AND tries > 0', replace: '', why: 'Codes could be guessed at without end.' },
  { id: 'zitadel-code-counts', file: sql, find: 'ELSE tries - 1 END', replace: 'ELSE tries END', why: 'Codes could be guessed at without end.' },
  { id: 'zitadel-code-of', file: sql, find: ' AND challenge = $2 AND email_hash = $3', replace: ' AND $2::text IS NOT NULL AND $3::text IS NOT NULL', why: 'The code to one’s own e-mail would prove somebody else’s.' },
  { id: 'zitadel-row-still', file: sql, find: ' AND state = $4 AND by = $5 AND at = $6', replace: ' AND state = $4 AND $5::text IS NOT NULL AND $6::float8 IS NOT NULL', why: 'Of two who upgrade one guest both would think that it is theirs.' },
  { id: 'zitadel-row-first-sql', file: sql, find: ' WHERE g.until <= $2\n', replace: ' WHERE g.until <= $2 OR $2 IS NOT NULL\n', why: 'A guest who is a user would be purged.' },
  { id: 'zitadel-merge-of-this-guest', file: merge, find: "if (guest?.sub !== from) throw", replace: "if (!guest) throw", why: 'The next guest’s cart would be thrown away with a guest who was merged before.' },
  { id: 'zitadel-merge-answered-again', file: merge, find: "if (row?.state !== 'gone' || row.by !== by) {", replace: 'if (row || by) {', why: 'A merge whose answer was lost would be asked for without end.' },
  { id: 'zitadel-merge-meant', file: merge, find: '(headers.get(SUBJECT_HEADER) ?? user.sub) !== user.sub', replace: '(false as boolean)', why: 'A cart would go to whoever signed in last in another tab.' },
  { id: 'zitadel-merge-takes-time', file: judge, find: 'merging: 600_000', replace: 'merging: 60_000', why: 'Who shops on while a slow merge runs would lose what they add.' },
  { id: 'zitadel-untagged-waits', file: judge, find: "return looks === 'untagged' || (looks === 'missing' &&", replace: "return (looks === 'untagged' || looks === 'missing') && (looks === 'missing' &&", why: 'One empty answer would make a guest a user without a password.' },
  { id: 'zitadel-no-member', file: `${room}/failures.ts`, find: "if (code === 'not_found' && /AUTHZ-/.test(message)) return setting(MANAGER);", replace: '', why: 'Every guest would be thrown out where the service account loses its role.' },
  { id: 'zitadel-tags-say-nothing', file: service, find: "throw error instanceof ServiceFailed && error.failure === 'missing' ? new ServiceFailed(unavailable()) : error;", replace: 'throw error;', why: 'A guest whose tags are away for a moment would be gone.' },
  { id: 'zitadel-email-once', file: upgrade, find: '    await service.refuseTakenEmail(sub, person.email);\n', replace: '', why: 'Somebody would have two accounts for one e-mail, and find the cart in neither.' },
  { id: 'zitadel-mails-of-network', file: upgrade, find: '  await takeTurn(`codes from ${networkOf(asked.clientAddress)}`, CODES_OF_NETWORK, store);\n', replace: '', why: 'Anybody’s mailbox could be filled by way of the shop.' },
  { id: 'zitadel-name-is-a-name', file: asked, find: 'if (line.length > 100 || ', replace: 'if ((false as boolean) && ', why: 'Strangers would have the shop mail their links.' },
  { id: 'zitadel-metadata-keeps-session', file: metadata, find: 'throw error instanceof Error ? new WithCookies(error, cookies) : error;', replace: 'throw error;', why: 'Who stores one attribute too many would be signed out.' },
  { id: 'zitadel-metadata-turns', file: metadata, find: '    await takeTurn(`attributes of ${session.kept.sub}`, context.settings.rateLimit.subject, context.settings.store);\n', replace: '', why: 'One page in a loop would use up what ZITADEL gives the whole shop.' },
  { id: 'zitadel-spent-cookie-goes', file: login, find: "?.state === 'user' ? [cookies.clear('guest')] : []", replace: "?.state === 'user' ? [] : []", why: 'Who signed in, and later out, would be asked to sign in instead of being a guest.' },
];
