/** The verifier before a Descope project: whose token counts, who is a guest, who becomes a user, what is kept about whom, and who is deleted. */
const room = 'packages/verifier/src/descope';
const attributes = `${room}/attributes.ts`;
const become = `${room}/become-user.ts`;
const caller = `${room}/caller.ts`;
const carry = `${room}/carry-claims.ts`;
const challenge = `${room}/challenge.ts`;
const claims = 'packages/verifier/src/listed-texts.ts';
const context = `${room}/context.ts`;
const cull = `${room}/cull.ts`;
const endpoints = 'packages/verifier/src/gate/form-endpoints.ts';
const gate = 'packages/verifier/src/gate/gate.ts';
const failures = `${room}/failures.ts`;
const kept = `${room}/kept-guest.ts`;
const owner = `${room}/owner.ts`;
const refusals = `${room}/refusals.ts`;
const seal = `${room}/seal.ts`;
const service = `${room}/service.ts`;
const session = `${room}/session.ts`;
const settings = `${room}/settings.ts`;
const together = `${room}/together.ts`;
const start = `${room}/start-guest.ts`;
const tokens = `${room}/token-check.ts`;
const upgrade = `${room}/upgrade.ts`;

export const descopeVerifier = [
  { id: 'descope-token-use', file: tokens, find: "uses.find((one) => verified.claims['drn'] === one)", replace: 'uses[0]', why: 'A refresh token, which lives for weeks, would open the shop’s API.' },
  { id: 'descope-issuer-segment', file: tokens, find: ".slice(-2).includes(projectId)", replace: '.includes(projectId)', why: 'A token of a page below the project’s name would be the project’s.' },
  { id: 'descope-issuer', file: tokens, find: 'issuer !== undefined && isIssuer(issuer, projectId) ? issuer : projectId', replace: 'issuer ?? projectId', why: 'Tokens of other projects would count, wherever keys are shared.' },
  { id: 'descope-danu-strictly', file: tokens, find: "generation.type === 'anonymous_jwt' ? claims['danu'] === true :", replace: "generation.type === 'anonymous_jwt' ? Boolean(claims['danu']) :", why: 'Page and verifier would not agree on who is a guest.' },
  { id: 'descope-own-tenant', file: tokens, find: 'Object.hasOwn(asObject(claims[\'tenants\']) ?? {}, generation.tenantId)', replace: 'generation.tenantId in (asObject(claims[\'tenants\']) ?? {})', why: 'A tenant named as something inherited would have everybody in it.' },
  { id: 'descope-other-generation', file: tokens, find: "if (generation.type === 'temporary_user' && claims['danu'] === true) throw", replace: 'if (false as boolean) throw', why: 'A guest of the new generation would pass for a user of a shop of the old one.' },
  { id: 'descope-session-life', file: tokens, find: "if (use === 'DS' && expiresAt - issuedAt > MOST_SESSION_SECONDS) throw", replace: 'if (false as boolean) throw', why: 'A session token that lives for years would be one.' },
  { id: 'descope-cookie-page', file: caller, find: "if (method !== 'GET' && method !== 'HEAD') refuseForeignPage(headers, origins);", replace: '', why: 'A foreign page would write with the visitor’s cookie.' },
  { id: 'descope-cookie-mode', file: caller, find: "sessions.by === 'cookies' ? readCookie(headers, 'DS') : null", replace: "readCookie(headers, 'DS')", why: 'A cookie that somebody planted would be a session.' },
  { id: 'descope-script-only', file: endpoints, find: 'refuseUnlessScript(headers, origins);', replace: '', why: 'A foreign page would have guests made, and act with its visitor’s cookie.' },
  { id: 'descope-cors-listed', file: endpoints, find: 'origin !== null && origins.has(origin) && {', replace: 'origin !== null && {', why: 'A foreign page would read the answers.' },
  { id: 'descope-cors-credentials', file: endpoints, find: "...(credentials === 'include' && { 'access-control-allow-credentials': 'true' }),", replace: '', why: 'No page would get its cookie.' },
  { id: 'descope-network-turns', file: start, find: '  await takeNetworkTurn(asked, context);\n', replace: '', why: 'One machine could have guests made without end.' },
  { id: 'descope-guest-rules', file: start, find: '  await refuseByRules(asked, context.settings);\n', replace: '', why: 'Neither the captcha nor the shop’s own rule would count.' },
  { id: 'descope-guest-is-guest', file: start, find: "if (answer.body['kind'] !== 'guest') throw", replace: 'if (false as boolean) throw', why: 'By a wrong setting every guest would be a user.' },
  { id: 'descope-two-passwords', file: start, find: '[randomPassword(random), randomPassword(random)]', replace: "['correct horse A1!', randomPassword(random)]", why: 'Whoever knows a login ID would be that guest before the guest is.' },
  { id: 'descope-nobody-is-over', file: start, find: "error instanceof DescopeFailed && (error.failure === 'missing' || error.failure === 'over') ?", replace: "error instanceof DescopeFailed && error.message === '' ?", why: 'A visitor would be told that a session is over that was never there.' },
  { id: 'descope-subject-turns', file: gate, find: 'await takeTurn(`subject ${holder.subject}`, rateLimit.subject, store);', replace: '', why: 'One guest could have the management key used up.' },
  { id: 'descope-cookie-holder', file: context, find: "settings.sessions.by === 'body' ? form.get('token') : readCookie(headers, 'DSR')", replace: "form.get('token') ?? readCookie(headers, 'DSR')", why: 'A page could bring somebody else’s token where only the cookie counts.' },
  { id: 'descope-listed-only', file: claims, find: '([name, text]) => listed.includes(name) && isText(text)', replace: '([, text]) => isText(text)', why: 'A page could write that it is no guest.' },
  { id: 'descope-remove-listed', file: claims, find: "typeof name === 'string' && listed.includes(name) && ", replace: "typeof name === 'string' && ", why: 'A page could take away what the shop wrote about a user.' },
  { id: 'descope-text-is-text', file: claims, find: ' && !/\\p{Surrogate}/u.test(text)', replace: '', why: 'What is kept would not be what was sent.' },
  { id: 'descope-reserved', file: claims, find: "!RESERVED.has(name.toLowerCase().replaceAll('_', ''))", replace: 'name !== \'sub\'', why: 'A shop could list what tokens say themselves.' },
  { id: 'descope-change-by-refresh', file: attributes, find: "if (use !== 'DSR') throw", replace: 'if (false as boolean) throw', why: 'A change would be gone with the next token.' },
  { id: 'descope-all-that-is-kept', file: attributes, find: '{ ...before, ...Object.fromEntries(change) }, duration', replace: '{ ...Object.fromEntries(change) }, duration', why: 'A change of one attribute could lose the others.' },
  { id: 'descope-still-the-guest', file: attributes, find: "if (session.subject !== subject || session.claims['danu'] !== true) throw", replace: 'if (false as boolean) throw', why: 'A guest would be handed somebody else’s tokens.' },
  { id: 'descope-signed-out', file: attributes, find: "use === 'DSR' ? await service.me(token) : await service.user({ userId: subject })", replace: 'await service.user({ userId: subject })', why: 'Whoever copied a token that was signed out could go on writing.' },
  { id: 'descope-carry-guest', file: carry, find: "if (guest.kind !== 'guest') throw", replace: 'if (false as boolean) throw', why: 'One user’s claims would become another’s.' },
  { id: 'descope-carry-user', file: carry, find: "if (user.kind !== 'user') throw", replace: 'if (false as boolean) throw', why: 'Claims would be carried to nobody.' },
  { id: 'descope-carry-missing', file: carry, find: '(known.attributes[name] ?? null) === null || !Object.hasOwn(known.attributes, name)', replace: 'name !== \'\'', why: 'What a user wrote would be overwritten by a guest.' },
  { id: 'descope-cookie-meant', file: 'packages/verifier/src/descope/caller.ts', find: "if (typeof from !== 'string' && (from.headers.get(SUBJECT_HEADER) ?? subject) !== subject) throw", replace: 'if (false as boolean) throw', why: 'The API would act for the account while the page still shows the guest.' },
  { id: 'descope-confirm-guest-only', file: upgrade, find: '(isGuest(guest, generation) || hasProven(guest, email))', replace: '(email !== \'\')', why: 'A user could be swapped for another by a guest’s way.' },
  { id: 'descope-codes-of-network', file: upgrade, find: '  await takeTurn(`codes from ${networkOf(asked.clientAddress)}`, CODES_OF_NETWORK, store);\n', replace: '', why: 'One machine could fill mailboxes.' },
  { id: 'descope-codes-any-case', file: upgrade, find: 'sha256(email.toLowerCase())', replace: 'sha256(email)', why: 'One mailbox would have as many limits as spellings.' },
  { id: 'descope-one-email', file: upgrade, find: '/\\p{C}/u.test(email) || ', replace: '', why: 'Somebody could add to the mail with the code.' },
  { id: 'descope-guest-email', file: upgrade, find: "if (isGuestId(email)) throw", replace: 'if (false as boolean) throw', why: 'A guest could claim another guest’s login ID.' },
  { id: 'descope-proven-meanwhile', file: upgrade, find: 'if (after && hasProven(after, email)) return null;', replace: '', why: 'Of two requests at once one would be told that the code is wrong.' },
  { id: 'descope-cull-life', file: cull, find: 'if (olderThan !== undefined && (!Number.isFinite(olderThan) || olderThan < life)) throw', replace: 'if (false as boolean) throw', why: 'Guests would be deleted who could still come back.' },
  { id: 'descope-cull-unknown-life', file: cull, find: 'const life = await parts.service.refreshLife(parts.tenantId);', replace: 'const life = (await parts.service.refreshLife(parts.tenantId)) ?? 0;', why: 'Without the tenant’s word everybody would be deleted.' },
  { id: 'descope-cull-look-again', file: cull, find: 'if (!user || !isOver(user, tenantId, before)) return', replace: 'if (!user) return', why: 'Whoever became a user meanwhile would be deleted.' },
  { id: 'descope-cull-tenant', file: cull, find: 'tenantIds.includes(tenantId) && loginIds.length', replace: 'loginIds.length', why: 'Somebody who left the guests would be deleted.' },
  { id: 'descope-cull-login-ids', file: cull, find: 'loginIds.every(isGuestId) && ', replace: '', why: 'A colleague who was put into the tenant would be deleted.' },
  { id: 'descope-cull-verified', file: cull, find: '!hasVerifiedEmail && ', replace: '', why: 'Whoever proved an e-mail just now would be deleted.' },
  { id: 'descope-cull-age', file: cull, find: 'createdAt !== null && createdAt <= before', replace: 'before > 0', why: 'A guest of today would be deleted where the service lists too many.' },
  { id: 'descope-cull-ends', file: cull, find: ' || all.size === known', replace: '', why: 'A service that repeats a page would be asked for ever.' },
  { id: 'descope-cull-goes-on', file: cull, find: "return 'failed';", replace: 'throw error;', why: 'One guest who cannot be deleted would keep all others.' },
  { id: 'descope-html-is-nobody', file: failures, find: " || !/^E\\d{6}$/.test(code)", replace: '', why: 'What something in between wrote would be Descope’s word, and would be told to the operator.' },
  { id: 'descope-over-is-401', file: failures, find: "status === 401 && code.startsWith('E06')", replace: "code.startsWith('E')", why: 'A guest would be told that they are over where Descope only refused a request.' },
  { id: 'descope-bad-key', file: failures, find: "return fail('setting', NEW_KEY);", replace: "return fail('unavailable', NEW_KEY);", why: 'Nobody would tell the operator that the key is over.' },
  { id: 'descope-changed-user', file: service, find: "readUser(what, asObject((await this.#manage(what, body))['user']));", replace: 'await this.#manage(what, body);', why: 'What was not done would count as done.' },
  { id: 'descope-enabled-life', file: service, find: "body?.['enabled'] === true && ", replace: '', why: 'A life that the tenant does not use would count.' },
  { id: 'descope-cookie-safe', file: session, find: 'HttpOnly; Secure; SameSite=Strict', replace: 'Secure', why: 'Scripts would read the token, and other sites would send it.' },
  { id: 'descope-body-without-refresh', file: session, find: "sessions.by === 'body' && refreshJwt !== undefined && { refreshJwt }", replace: 'refreshJwt !== undefined && { refreshJwt }', why: 'A page would hold what was meant to be a cookie.' },
  { id: 'descope-body-without-session', file: session, find: "...(sessions.by !== 'cookies' && { sessionJwt }), ", replace: 'sessionJwt, ', why: 'A page would hold what was meant to be a cookie.' },
  { id: 'descope-origins-within', file: settings, find: "refuseUnless(origins.every(isWithin),", replace: "refuseUnless(origins.length > 0,", why: 'A page of another site would have no session, and nobody would know why.' },
  { id: 'descope-key-is-one-word', file: settings, find: '/^[!-9;-~]{1,1024}$/.test(managementKey)', replace: "managementKey !== ''", why: 'A key with a line break would be quoted by whatever fails to send it.' },
  { id: 'descope-operator-told', file: refusals, find: "if (failure !== 'unavailable') report(message);", replace: '', why: 'Nobody would hear what only an operator can change.' },
  { id: 'descope-text-bytes', file: claims, find: 'bytesOf(text) <= MOST_BYTES;', replace: 'text.length <= MOST_BYTES;', why: 'Tokens would grow until no cookie holds them.' },
  { id: 'descope-claims-together', file: together, find: '<= MOST_BYTES_OF_ALL;', replace: '> 0;', why: 'Many long claims would make a token that fits into no cookie, and hardly into a header.' },
  { id: 'descope-claims-before', file: together, find: 'fitsTogether({ ...before, ...Object.fromEntries(change) })', replace: 'fitsTogether(Object.fromEntries(change))', why: 'A token would grow bit by bit until no cookie holds it.' },
  { id: 'descope-claims-taken-away', file: together, find: 'if (isMore && !fits', replace: 'if (!fits', why: 'Whoever has too much could never take any of it away.' },
  { id: 'descope-initial-together', file: settings, find: 'fitsTogether(initialClaims ?? {})', replace: '(true as boolean)', why: 'Every guest would begin with a token that is too long.' },
  { id: 'descope-carry-session', file: carry, find: "checkToken(carrying.guestToken, ['DS'])", replace: "checkToken(carrying.guestToken, ['DS', 'DSR'])", why: 'A refresh token would be a proof of weeks ago.' },
  { id: 'descope-guest-only', file: upgrade, find: 'if (guest.subject !== subject || !isGuest(guest, generation)) throw over();', replace: 'if (guest.subject !== subject) throw over();', why: 'A user would be made one with somebody else by a guest’s way.' },
  { id: 'descope-token-counts', file: upgrade, find: 'const guest = await service.me(token);', replace: 'const guest = (await service.user({ userId: subject })) ?? (await service.me(token));', why: 'A guest who signed out would be sent codes, and learn by that who is known.' },
  { id: 'descope-codes-per-guest', file: upgrade, find: '  await takeTurn(`codes of ${subject}`, CODES, store);\n', replace: '', why: 'One guest could guess at codes all day.' },
  { id: 'descope-codes-per-email', file: upgrade, find: '  await takeTurn(`codes to ${sha256(email.toLowerCase())}`, CODES, store);\n', replace: '', why: 'Somebody’s mailbox could be filled, and codes to it guessed at by many guests.' },
  { id: 'descope-proven-only', file: owner, find: 'user.hasVerifiedEmail && user.email.toLowerCase() === email.toLowerCase()', replace: 'user.email.toLowerCase() === email.toLowerCase()', why: 'Whoever only wrote an e-mail down would own it, and sign in whoever proves it to an account with somebody else’s password.' },
  { id: 'descope-this-email', file: owner, find: 'user.hasVerifiedEmail && user.email.toLowerCase() === email.toLowerCase()', replace: 'user.hasVerifiedEmail', why: 'An e-mail would count as proven by another one.' },
  { id: 'descope-owner-by-email', file: owner, find: '...(await service.usersOf(email))]', replace: '...(await service.usersOf(email)).slice(0, 0)]', why: 'Whoever signs in by another login ID would lose their e-mail.' },
  { id: 'descope-mailed-there', file: owner, find: "loginIds.find((loginId) => !loginId.includes('@') && isShort(loginId)) ?? null", replace: 'loginIds[0] ?? null', why: 'A code would be mailed to an address that nobody named.' },
  { id: 'descope-ask-first', file: upgrade, find: 'if (owner && !isMerged) {', replace: "if (owner && !isMerged && identityInUse !== 'ask') {", why: 'Two people’s accounts would be made one, and one of them deleted, without asking.' },
  { id: 'descope-never-by-surprise', file: upgrade, find: 'if (owner && !isMerged) {', replace: "if (owner && !isMerged && identityInUse !== 'merge_into_existing') {", why: 'A guest would be deleted by Descope before anybody knows, and an answer that is lost would lose their things.' },
  { id: 'descope-merge-the-owner', file: upgrade, find: "identityInUse === 'merge_into_guest' && owner?.subject === holder?.subject", replace: "identityInUse === 'merge_into_guest'", why: 'Somebody who only wrote the e-mail down would be merged into the guest, with their password.' },
  { id: 'descope-nothing-of-a-stranger', file: upgrade, find: "  if (!owner && holder) return 'nothing';\n", replace: '', why: 'A stranger’s ways to sign in would come along into the account of whoever proves the e-mail.' },
  { id: 'descope-known-is-not-told', file: upgrade, find: "if (!(error instanceof DescopeFailed) || error.failure === 'unavailable' || error.failure === 'over') throw error;\n    report", replace: "if (!(error instanceof DescopeFailed) || error.message !== '') throw error;\n    report", why: 'Whoever asks would learn who is known.' },
  { id: 'descope-still-nobodys', file: upgrade, find: 'if (nameOf(await ownershipOf(email, guest, context)) !== ownership) throw codeOver();', replace: '', why: 'An account that somebody opened meanwhile would be merged and deleted.' },
  { id: 'descope-challenge-over', file: upgrade, find: 'if (challenge.isOver || !(await', replace: 'if (!(await', why: 'A code would be told from none by how long it lives.' },
  { id: 'descope-tries', file: upgrade, find: ' || !(await takeTry(challenge, context))) throw', replace: ') throw', why: 'A code could be guessed at, and told from none, by how many tries there are.' },
  { id: 'descope-challenge-subject', file: challenge, find: "inside['subject'] !== subject || ", replace: '', why: 'One guest would confirm what another one asked for.' },
  { id: 'descope-challenge-email', file: challenge, find: " || inside['email'] !== email) return null;", replace: ') return null;', why: 'A code for one e-mail would be confirmed as one for another.' },
  { id: 'descope-challenge-length', file: seal, find: 'upgrade: 2_048', replace: 'upgrade: 1', why: 'Who is known would be told by how long the answer is.' },
  { id: 'descope-seal-key', file: seal, find: 'utf8(managementKey)', replace: "utf8('any key')", why: 'Anybody could seal that they were a guest, or that a code is somebody’s.' },
  { id: 'descope-seal-purpose', file: seal, find: '`passerby descope ${purpose}`', replace: "'passerby descope'", why: 'What was sealed for one purpose would be good for another.' },
  { id: 'descope-leave-tenant', file: become, find: 'if (isGuest(user, generation)) await service.leaveTenant(subject, generation.tenantId);', replace: '', why: 'A user would be a guest for ever.' },
  { id: 'descope-proven-first', file: become, find: "  if (!user.hasVerifiedEmail) throw new DescopeFailed('unavailable', 'Descope does not say that the e-mail is proven');\n", replace: '', why: 'A guest would be a user who has proven nothing.' },
  { id: 'descope-remove-guest-id', file: become, find: 'for (const loginId of spare) await service.removeLoginId(loginId);', replace: '', why: 'A user would keep a login ID that nobody can sign in with.' },
  { id: 'descope-gets-the-login-id', file: become, find: '  await service.renameLoginId(last, email);\n', replace: '', why: 'A user could not sign in by the e-mail that they proved.' },
  { id: 'descope-is-user-now', file: become, find: "session.subject !== subject || kindOf(session.claims, generation) !== 'user'", replace: 'session.subject !== subject', why: 'Somebody would be told that they are a user whose token says guest.' },
  { id: 'descope-merge-direction', file: service, find: "onMergeUseExisting: whenTaken === 'existing_stays'", replace: 'onMergeUseExisting: true', why: 'The guest would be the one who is deleted, where the shop said the other.' },
  { id: 'descope-merge-direction-last', file: service, find: "onMergeUseExisting: whenTaken === 'existing_stays'", replace: 'onMergeUseExisting: false', why: 'An account of the last moment would be deleted, and its ID with everything the shop keeps under it.' },
  { id: 'descope-no-user-a-guest', file: start, find: '  await refuseUser(asked, context);\n', replace: '', why: 'A user whose page storage was cleared would be a guest, and their session gone.' },
  { id: 'descope-no-guest-a-user', file: start, find: "return generation.type === 'anonymous_jwt' || !isGuest(user, generation);", replace: 'return user.subject !== \'\';', why: 'A guest whose page storage was cleared would be told to sign in to what they never had.' },
  { id: 'descope-kept-only-user', file: kept, find: "if (user.kind !== 'user') throw", replace: 'if (false as boolean) throw', why: 'One guest’s things would be given to another guest.' },
  { id: 'descope-kept-over', file: kept, find: "if (until <= now()) throw", replace: 'if (false as boolean) throw', why: 'Whoever found an old cookie would get the cart of a guest of last year.' },
  { id: 'descope-kept-is-guest', file: kept, find: "if (holder.kind !== 'guest') throw over();", replace: '', why: 'A user would be kept as a guest whose things go to the next one who signs in.' },
  { id: 'descope-kept-renewed-guest', file: kept, find: "if (body['kind'] !== 'guest') throw over();", replace: '', why: 'A user would be kept as a guest whose things go to the next one who signs in.' },
  { id: 'descope-kept-at-code', file: upgrade, find: "context.settings.sessions.by === 'cookies' && subject !== holder.subject ? [await keptCookie(holder, context)] : []", replace: '[] as string[]', why: 'A guest’s cart would stay behind when a code signs them in to an account.' },
  { id: 'descope-kept-where-cookies', file: kept, find: "if (sessions.by !== 'cookies') throw", replace: "if (sessions.by === 'body') throw", why: 'A second proof would be about where pages have one already.' },
];
