/** The verifier before a Descope project: whose token counts, who is a guest, who becomes a user, what is kept about whom, and who is deleted. */
const room = 'packages/verifier/src/descope';
const attributes = `${room}/attributes.ts`;
const caller = `${room}/caller.ts`;
const carry = `${room}/carry-claims.ts`;
const claims = 'packages/verifier/src/listed-texts.ts';
const context = `${room}/context.ts`;
const cull = `${room}/cull.ts`;
const endpoints = 'packages/verifier/src/gate/form-endpoints.ts';
const gate = 'packages/verifier/src/gate/gate.ts';
const failures = `${room}/failures.ts`;
const refusals = `${room}/refusals.ts`;
const service = `${room}/service.ts`;
const session = `${room}/session.ts`;
const settings = `${room}/settings.ts`;
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
  { id: 'descope-nobody-is-over', file: start, find: "error instanceof DescopeFailed && (error.failure === 'missing' || error.failure === 'over') ?", replace: '(false as boolean) ?', why: 'A visitor would be told that a session is over that was never there.' },
  { id: 'descope-subject-turns', file: gate, find: 'await takeTurn(`subject ${holder.subject}`, rateLimit.subject, store);', replace: '', why: 'One guest could have the management key used up.' },
  { id: 'descope-cookie-holder', file: context, find: "settings.sessions.by === 'body' ? form.get('token') : readCookie(headers, 'DSR')", replace: "form.get('token') ?? readCookie(headers, 'DSR')", why: 'A page could bring somebody else’s token where only the cookie counts.' },
  { id: 'descope-listed-only', file: claims, find: '([name, text]) => listed.includes(name) && isText(text)', replace: '([, text]) => isText(text)', why: 'A page could write that it is no guest.' },
  { id: 'descope-remove-listed', file: claims, find: "typeof name === 'string' && listed.includes(name) && ", replace: "typeof name === 'string' && ", why: 'A page could take away what the shop wrote about a user.' },
  { id: 'descope-text-bytes', file: claims, find: 'new TextEncoder().encode(text).length <= MOST_BYTES', replace: 'text.length <= MOST_BYTES', why: 'Tokens would grow until no cookie holds them.' },
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
  { id: 'descope-carry-session', file: carry, find: "checkToken(guestToken, ['DS'])", replace: "checkToken(guestToken, ['DS', 'DSR'])", why: 'A refresh token would be a proof of weeks ago.' },
  { id: 'descope-guest-only', file: upgrade, find: 'if (!guest || !isGuest(guest, generation)) throw over();', replace: 'if (!guest) throw over();', why: 'A user would be made one with somebody else by a guest’s way.' },
  { id: 'descope-confirm-guest-only', file: upgrade, find: '(isGuest(guest, generation) || hasProven(guest, email))', replace: '(email !== \'\')', why: 'A user could be swapped for another by a guest’s way.' },
  { id: 'descope-proven-only', file: upgrade, find: 'user.hasVerifiedEmail && user.email.toLowerCase() === email.toLowerCase()', replace: 'user.email.toLowerCase() === email.toLowerCase()', why: 'Somebody would be a user by an e-mail that is not theirs.' },
  { id: 'descope-this-email', file: upgrade, find: 'user.hasVerifiedEmail && user.email.toLowerCase() === email.toLowerCase()', replace: 'user.hasVerifiedEmail', why: 'An e-mail would count as proven by another one.' },
  { id: 'descope-ask-first', file: upgrade, find: "(owner === 'somebody' && generation.identityInUse !== 'ask')", replace: "owner === 'somebody'", why: 'Two people’s accounts would be made one, and one of them deleted, without asking.' },
  { id: 'descope-owner-by-email', file: upgrade, find: '...(await service.usersOf(email)).filter((user) => hasProven(user, email))', replace: '...(await service.usersOf(email)).slice(0, 0)', why: 'Whoever signs in by another login ID would be merged away.' },
  { id: 'descope-claim-is-no-owner', file: upgrade, find: '(hasProven(user, email) || !isGuest(user, generation))', replace: '(email !== \'\')', why: 'Whoever claims a mailbox first would be in the account of whoever owns it.' },
  { id: 'descope-codes-of-network', file: upgrade, find: '  await takeTurn(`codes from ${networkOf(asked.clientAddress)}`, CODES_OF_NETWORK, store);\n', replace: '', why: 'One machine could fill mailboxes.' },
  { id: 'descope-codes-per-guest', file: upgrade, find: '  await takeTurn(`codes of ${holder.subject}`, CODES, store);\n', replace: '', why: 'One guest could guess at codes all day.' },
  { id: 'descope-codes-per-email', file: upgrade, find: '  await takeTurn(`codes to ${await sha256(email.toLowerCase())}`, CODES, store);\n', replace: '', why: 'Somebody’s mailbox could be filled, and codes to it guessed at by many guests.' },
  { id: 'descope-codes-any-case', file: upgrade, find: 'sha256(email.toLowerCase())', replace: 'sha256(email)', why: 'One mailbox would have as many limits as spellings.' },
  { id: 'descope-one-email', file: upgrade, find: '/\\p{C}/u.test(email) || ', replace: '', why: 'Somebody could add to the mail with the code.' },
  { id: 'descope-guest-email', file: upgrade, find: "if (isGuestId(email)) throw", replace: 'if (false as boolean) throw', why: 'A guest could claim another guest’s login ID.' },
  { id: 'descope-known-is-not-told', file: upgrade, find: "if (!(error instanceof DescopeFailed) || error.failure === 'unavailable') throw error;\n    settings.report", replace: 'if (error) throw error;\n    settings.report', why: 'Whoever asks would learn who is known.' },
  { id: 'descope-proven-meanwhile', file: upgrade, find: 'if (after && hasProven(after, email)) return null;', replace: '', why: 'Of two requests at once one would be told that the code is wrong.' },
  { id: 'descope-leave-tenant', file: upgrade, find: 'if (isGuest(user, generation)) await service.leaveTenant(subject, generation.tenantId);', replace: '', why: 'A user would be a guest for ever.' },
  { id: 'descope-proven-first', file: upgrade, find: "  if (!user.hasVerifiedEmail) throw new DescopeFailed('unavailable', 'Descope does not say that the e-mail is proven');\n", replace: '', why: 'A guest would be a user who has proven nothing.' },
  { id: 'descope-remove-guest-id', file: upgrade, find: 'for (const loginId of guestIds) await service.removeLoginId(loginId);', replace: '', why: 'A user would keep a login ID that nobody can sign in with.' },
  { id: 'descope-is-user-now', file: upgrade, find: "session.subject !== subject || kindOf(session.claims, generation) !== 'user'", replace: 'session.subject !== subject', why: 'Somebody would be told that they are a user whose token says guest.' },
  { id: 'descope-cull-life', file: cull, find: 'if (olderThan !== undefined && (!Number.isFinite(olderThan) || olderThan < life)) throw', replace: 'if (false as boolean) throw', why: 'Guests would be deleted who could still come back.' },
  { id: 'descope-cull-unknown-life', file: cull, find: 'if (life === null) throw new Error(', replace: 'if (false as boolean) throw new Error(', why: 'Without the tenant’s word everybody would be deleted.' },
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
  { id: 'descope-merge-direction', file: service, find: "onMergeUseExisting: whoSurvives === 'existing'", replace: 'onMergeUseExisting: true', why: 'The guest would be the one who is deleted, where the shop said the other.' },
  { id: 'descope-cookie-safe', file: session, find: 'HttpOnly; Secure; SameSite=Strict', replace: 'Secure', why: 'Scripts would read the token, and other sites would send it.' },
  { id: 'descope-body-without-refresh', file: session, find: "sessions.by === 'body' && refreshJwt !== undefined && { refreshJwt }", replace: 'refreshJwt !== undefined && { refreshJwt }', why: 'A page would hold what was meant to be a cookie.' },
  { id: 'descope-body-without-session', file: session, find: "...(sessions.by !== 'cookies' && { sessionJwt }), ", replace: 'sessionJwt, ', why: 'A page would hold what was meant to be a cookie.' },
  { id: 'descope-origins-within', file: settings, find: "refuseUnless(origins.every(isWithin),", replace: "refuseUnless(origins.length > 0,", why: 'A page of another site would have no session, and nobody would know why.' },
  { id: 'descope-key-is-one-word', file: settings, find: '/^[!-9;-~]{1,1024}$/.test(managementKey)', replace: "managementKey !== ''", why: 'A key with a line break would be quoted by whatever fails to send it.' },
  { id: 'descope-operator-told', file: refusals, find: "if (failure !== 'unavailable') report(message);", replace: '', why: 'Nobody would hear what only an operator can change.' },
];
