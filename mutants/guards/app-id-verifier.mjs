/** The verifier before an App ID tenant: whose token counts, who is a guest, what App ID is told and what browsers are, and who becomes whom. */
const reach = 'packages/verifier/src/reach.ts';
const room = 'packages/verifier/src/app-id';
const attributes = `${room}/attributes.ts`;
const authorize = `${room}/authorize.ts`;
const context = `${room}/context.ts`;
const failures = `${room}/failures.ts`;
const login = `${room}/login.ts`;
const look = `${room}/look-at.ts`;
const merge = `${room}/merge.ts`;
const refusals = `${room}/refusals.ts`;
const rows = `${room}/guest-row.ts`;
const service = `${room}/service.ts`;
const settings = `${room}/settings.ts`;
const start = `${room}/start-guest.ts`;
const tokens = `${room}/token-check.ts`;

export const appIdVerifier = [
  { id: 'app-id-version', file: tokens, find: "if (readToken(token, MAX_TOKEN_LENGTH)?.header['ver'] !== VERSION) throw", replace: 'if (false as boolean) throw', why: 'A token of an earlier version, which says other things by the same words, would be one.' },
  { id: 'app-id-tenant', file: tokens, find: "if (optionalText(claims, 'tenant') !== parts.tenantId) throw", replace: 'if (false as boolean) throw', why: 'Another tenant’s person would be one of the shop’s.' },
  { id: 'app-id-audience', file: tokens, find: '    audience: parts.clientId,\n', replace: '', why: 'A token that another application was given would open the shop’s API.' },
  { id: 'app-id-token-life', file: tokens, find: 'maxLifetimeSeconds: MOST_SECONDS', replace: 'maxLifetimeSeconds: Infinity', why: 'A token that lives for years would be one.' },
  { id: 'app-id-somebody', file: tokens, find: 'const kind = kindOf(claims);', replace: "const kind = kindOf(claims) ?? 'user';", why: 'An application’s own token, or an ID token, would be a person.' },
  { id: 'app-id-both', file: tokens, find: 'if (isAnonymous && !isSignedIn && scopes', replace: 'if (isAnonymous && scopes', why: 'Page and verifier would not agree on who is a guest.' },
  { id: 'app-id-user-signed-in', file: tokens, find: "return isSignedIn && typeof method === 'string'", replace: "return typeof method === 'string'", why: 'Whoever has any token would be a user.' },
  { id: 'app-id-whole-word', file: tokens, find: "const scopes = (optionalText(claims, 'scope') ?? '').split(' ');", replace: "const scope = optionalText(claims, 'scope') ?? ''; const scopes = { includes: (word: string) => scope.includes(word) };", why: 'A scope that only begins alike would make somebody a user.' },
  { id: 'app-id-id-token-of-guest', file: tokens, find: " && scopes.includes('appid_default')) return", replace: ') return', why: 'A guest’s ID token, which pages hand to anybody, would open the shop’s API.' },
  { id: 'app-id-dead-guest', file: tokens, find: "if (holder.kind === 'guest' && (await store.guestRow(holder.subject))) throw", replace: 'if (false as boolean) throw', why: 'Whoever copied a guest’s token would be that guest for weeks after they signed in.' },
  { id: 'app-id-exact-return', file: service, find: 'location.startsWith(`${redirectUri}?`)', replace: 'location.startsWith(new URL(redirectUri).origin)', why: 'A code for another page would be redeemed as a guest’s.' },
  { id: 'app-id-own-state', file: service, find: "if (back.searchParams.get('state') !== state) throw", replace: 'if (false as boolean) throw', why: 'Another request’s code would be this guest’s.' },
  { id: 'app-id-no-token-in-handle', file: service, find: ' && !secrets.some((part) => handle.href.includes(part))', replace: '', why: 'A guest’s token would be in the address bar, the history, and in every picture’s referrer.' },
  { id: 'app-id-no-cookie-for-server', file: service, find: ' && cookies.length === 0', replace: '', why: 'People would be sent to a sign-in that their browser has no cookie for, and could not finish it.' },
  { id: 'app-id-secure-handle', file: service, find: 'handle !== null && isSecure(handle.href) && ', replace: 'handle !== null && ', why: 'People would be sent to an address that anybody on the way can read, or that is a script.' },
  { id: 'app-id-no-error-handle', file: service, find: 'isClean && !handle.href.startsWith(request.redirectUri) ?', replace: 'isClean ?', why: 'Who wants to sign in would come straight back with an error they can do nothing about.' },
  { id: 'app-id-away-is-no-page', file: service, find: "    if (status === 429 || status === 0 || status >= 500) throw judgeAuthorization(answer, null);\n", replace: '', why: 'A hiccup would cost the guest the subject, where a second try keeps it.' },
  { id: 'app-id-guest-rules', file: start, find: '  await refuseByRules(asked, context.settings);\n', replace: '', why: 'Neither the captcha nor the shop’s own rule would count.' },
  { id: 'app-id-keys-first', file: start, find: "  await refuseByRules(asked, context.settings);\n  await context.keysReady();\n", replace: '  await refuseByRules(asked, context.settings);\n', why: 'A guest would be made, and paid for, that nobody can be.' },
  { id: 'app-id-guest-network-turns', file: start, find: '  await takeNetworkTurn(asked, context);\n  await refuseByRules', replace: '  await refuseByRules', why: 'One machine could have guests made, and paid for, without end.' },
  { id: 'app-id-renewal-network-turns', file: start, find: '  await takeNetworkTurn(asked, context);\n  await context.keysReady();\n  const refreshToken', replace: '  await context.keysReady();\n  const refreshToken', why: 'One machine could have the secret used up.' },
  { id: 'app-id-renewal-turns', file: start, find: 'await takeSubjectTurn(await guestIn(asked, context), settings)', replace: 'await guestIn(asked, context)', why: 'One guest could have the secret used up.' },
  { id: 'app-id-same-guest', file: start, find: 'if (renewed.holder.subject === guest.subject) return', replace: 'if (renewed.holder.subject !== \'\') return', why: 'A guest would be renewed as somebody else.' },
  { id: 'app-id-dead-makes-nobody', file: start, find: "if ((await lookAt(guest.token, null, context)) === 'dead') throw revoked();", replace: '', why: 'Each try to renew a token that is over would make somebody new, who is paid for.' },
  { id: 'app-id-renewed-once', file: start, find: 'recent.run(`guest ${sha256(guest.token)}`, async () => {', replace: 'recent.run(`guest ${Math.random()}`, async () => {', why: 'Two tabs would renew a guest twice, and pay twice.' },
  { id: 'app-id-nobody-is-over', file: start, find: "error instanceof AppIdFailed && error.failure === 'over' ? new AppIdFailed('unavailable'", replace: "error instanceof AppIdFailed && error.failure === 'missing' as string ? new AppIdFailed('unavailable'", why: 'A visitor would be told that a session is over that was never there.' },
  { id: 'app-id-forbidden-for-now', file: start, find: '.catch(asForbiddenForNow)', replace: '', why: 'A switch in a dashboard would cost every guest their renewal.' },
  { id: 'app-id-only-guests-here', file: context, find: "if (holder.kind !== 'guest') throw", replace: 'if (false as boolean) throw', why: 'A user would be attached to another one as if they were a guest.' },
  { id: 'app-id-row-on-every-route', file: context, find: 'if (await context.store.guestRow(holder.subject)) throw revoked();', replace: '', why: 'A copy of a guest’s token would give up, or sign in, for the user they became.' },
  { id: 'app-id-expired-in-a-word', file: context, find: "if (error instanceof Unauthorized && error.code === 'token_expired') throw new Refused('guest_expired'", replace: "if (error instanceof TypeError) throw new Refused('guest_expired'", why: 'Who comes back too late would be told the same as somebody with a forged token.' },
  { id: 'app-id-issued-kind', file: context, find: 'if (holder.kind === kind) return', replace: 'if (holder.kind) return', why: 'By a wrong setting every guest would be a user.' },
  { id: 'app-id-issued-is-no-fault', file: context, find: "if (!(error instanceof Unauthorized) || error.code === 'keys_unavailable') throw error;", replace: 'throw error;', why: 'A broken answer of App ID would end the guest who asked.' },
  { id: 'app-id-no-refresh-for-guests', file: context, find: "kind === 'user' && refreshToken !== undefined", replace: 'refreshToken !== undefined', why: 'A guest’s refresh token would be in pages, of which nothing here knows when it ends.' },
  { id: 'app-id-own-page', file: authorize, find: ' && origins.has(new URL(redirectUri).origin)', replace: '', why: 'A code would be asked for, and redeemed, for somebody else’s page.' },
  { id: 'app-id-no-fragment', file: authorize, find: " && !redirectUri.includes('#')", replace: '', why: 'App ID would be asked for an address that it knows nothing of.' },
  { id: 'app-id-unguessable', file: authorize, find: '![state, nonce].every((text) => /^[\\w-]{43}$/.test(text))', replace: 'state === nonce', why: 'A page could begin a sign-in that anybody can finish.' },
  { id: 'app-id-no-guest-by-idp', file: authorize, find: " || idp === 'appid_anon'", replace: '', why: 'Who signs in would be another guest.' },
  { id: 'app-id-alive-first', file: authorize, find: "if ((await lookAt(guest.token, null, context)) === 'dead') throw revoked();", replace: '', why: 'A token that was revoked would look as if it had been attached, and the cart would go to whoever signs in.' },
  { id: 'app-id-authorize-turns', file: authorize, find: '  await takeNetworkTurn(asked, context);\n', replace: '', why: 'One machine could have App ID asked without end.' },
  { id: 'app-id-nonce', file: login, find: '{ nonce: sha256(codeVerifier) }', replace: '{ nonce: (JSON.parse(atob((tokens.idToken.split(\'.\')[1] ?? \'\').replaceAll(\'-\', \'+\').replaceAll(\'_\', \'/\'))) as { nonce: string }).nonce }', why: 'Whoever saw a code in an address would sign in with it.' },
  { id: 'app-id-two-people', file: login, find: 'if (signIn.holder.subject !== subject) throw', replace: 'if (false as boolean) throw', why: 'Somebody would sign in as the person of another answer.' },
  { id: 'app-id-login-keys-first', file: login, find: '  await context.keysReady();\n', replace: '', why: 'A code would be spent, and nobody signed in.' },
  { id: 'app-id-login-turns', file: login, find: '  await takeNetworkTurn(asked, context);\n', replace: '', why: 'One machine could have the secret used up on codes that it guesses.' },
  { id: 'app-id-code-once', file: login, find: 'context.recent.run(`code ${name}`, () =>', replace: 'context.recent.run(`code ${Math.random()}`, () =>', why: 'Who lost the answer would have to sign in once more.' },
  { id: 'app-id-ends-by-age', file: login, find: ' && holder.expiresAt > settings.now() + LEAST_MS', replace: '', why: 'A token that ends by its age would look as if it had been attached.' },
  { id: 'app-id-guest-comes-along', file: login, find: "const isGood = holder.kind === 'guest' && ", replace: 'const isGood = ', why: 'A user would be attached to another user.' },
  { id: 'app-id-dead-is-attached', file: login, find: "if ((await lookAt(guest.token, accessToken, context)) === 'dead') return first;", replace: '', why: 'Who signed in for the first time would be asked whether they are somebody who never was.' },
  { id: 'app-id-row-outlives-tokens', file: rows, find: 'MOST_SECONDS * 1000 + 60_000', replace: '60_000', why: 'A copy of a guest’s token would be good again as soon as it was forgotten who the guest became.' },
  { id: 'app-id-no-nonce-told', file: login, find: "if (!readToken(tokens.idToken, MAX_TOKEN_LENGTH)?.claims['nonce']) settings.report(", replace: "if (false as boolean) settings.report(", why: 'Nobody could sign in, and no operator would know why.' },
  { id: 'app-id-attached-by-evidence', file: login, find: "return { signIn, isGuest: (await lookAt(guest.token, accessToken, context)) === 'dead' };", replace: 'return { signIn, isGuest: guest.token !== \'\' };', why: 'A guest’s cart would go to an account without a question.' },
  { id: 'app-id-attached-to-whom', file: login, find: 'if (signIn.holder.subject !== first.holder.subject) throw', replace: 'if (false as boolean) throw', why: 'Somebody would be handed another person’s tokens.' },
  { id: 'app-id-signed-in-anyway', file: login, find: "if (!(error instanceof AppIdFailed) || error.failure === 'unavailable') throw error;", replace: "if (!(error instanceof AppIdFailed) || error.message !== '') throw error;", why: 'A person who signed in would be told that they did not.' },
  { id: 'app-id-attach-again', file: login, find: "if (!(error instanceof AppIdFailed) || error.failure === 'unavailable') throw error;", replace: 'if (!(error instanceof AppIdFailed)) throw error;', why: 'A hiccup would leave the guest’s profile behind.' },
  { id: 'app-id-moved-by-the-row', file: login, find: 'const isTheirs = isGuest && (await becomes(guest, subject, context));', replace: 'const isTheirs = isGuest;', why: 'A guest’s token that was attached to one user would move the cart to another.' },
  { id: 'app-id-guest-is-alive', file: look, find: "!== 'token_refused') return 'alive';", replace: "!== 'token_refused') return 'dead';", why: 'Every guest would look as if they had been attached.' },
  { id: 'app-id-user-tells', file: look, find: "  if (userToken !== null && (await orRefused(service.attributes(userToken))) !== 'token_refused') return 'dead';\n", replace: '', why: 'Whether a guest was attached would hang on a call that may know nothing of it.' },
  { id: 'app-id-row-once', file: rows, find: 'return isOf(await store.guestRow(guest.subject), user);', replace: 'return true;', why: 'Two people would take the same guest’s things.' },
  { id: 'app-id-gone-is-gone', file: rows, find: "row === null || (row.state === 'user' && row.by === user)", replace: 'row === null || row.by !== \'\'', why: 'Whoever kept a copy of a guest’s token would take their things to an account of theirs.' },
  { id: 'app-id-merge-guest', file: merge, find: "if (guest.kind !== 'guest') throw", replace: 'if (false as boolean) throw', why: 'One user’s things would become another’s.' },
  { id: 'app-id-merge-user', file: merge, find: "if (user.kind !== 'user') throw", replace: 'if (false as boolean) throw', why: 'A guest’s things would be carried to nobody.' },
  { id: 'app-id-merge-first', file: merge, find: 'if (!isOf(await store.guestRow(guest.subject), user.subject)) throw', replace: 'if (false as boolean) throw', why: 'Attributes would be carried to somebody whose they are not, before the second look says no.' },
  { id: 'app-id-merge-missing', file: merge, find: '([name]) => !Object.hasOwn(theirs, name)', replace: '([name]) => name !== \'\'', why: 'What a user wrote would be overwritten by a guest.' },
  { id: 'app-id-merge-listed', file: merge, find: 'shown(mine, settings.attributes)', replace: '(mine as Record<string, string>)', why: 'What a guest wrote behind the shop’s back would become the user’s.' },
  { id: 'app-id-disabled-or-over', file: attributes, find: " && !(await service.isActive(token))) throw", replace: ' && token === \'\') throw', why: 'A session that is over would be told that the shop keeps no attributes.' },
  { id: 'app-id-attribute-turns', file: attributes, find: '  await takeNetworkTurn(asked, context);\n', replace: '', why: 'One machine could write without end.' },
  { id: 'app-id-attribute-row', file: attributes, find: 'await current(await context.checkToken(required(asked.form, \'token\')), context)', replace: 'await context.checkToken(required(asked.form, \'token\'))', why: 'A copy of a guest’s token would be asked about at App ID long after they signed in.' },
  { id: 'app-id-known-words', file: failures, find: "(KNOWN.has(word) ? word : 'unknown error')", replace: 'word', why: 'What was sent would be in the operator’s log.' },
  { id: 'app-id-page-of-a-firewall', file: failures, find: '(status === 401 || status === 403) && !isPage', replace: 'status === 401 || status === 403', why: 'A guest whom a firewall stopped for a moment would count as attached, and what App ID keeps of them would stay behind.' },
  { id: 'app-id-bare-status', file: reach, find: '/^\\s*</.test(text)', replace: 'parseObject(text) === null', why: 'Who signed in would wait for ever, where App ID says no more than that a token is over.' },
  { id: 'app-id-disabled-in-a-word', file: failures, find: "if (error.word === 'access_denied') return", replace: "if (error.word === 'nothing') return", why: 'A page would ask again and again for a guest that the tenant does not want.' },
  { id: 'app-id-denied-is-told', file: refusals, find: "      report(error.message);\n      return new Refused('guests_disabled'", replace: "      return new Refused('guests_disabled'", why: 'An operator would not hear that nobody can be a guest.' },
  { id: 'app-id-keys-are-no-fault', file: refusals, find: "error.code === 'keys_unavailable' ? later", replace: "error.code === 'token_missing' ? later", why: 'Keys that cannot be had for a moment would end every session.' },
  { id: 'app-id-one-spelling', file: settings, find: ' && origin + pathname === oauthServerUrl', replace: '', why: 'Tokens would be compared with an address that they never name.' },
  { id: 'app-id-secret-is-one-line', file: settings, find: "/^[ -~]{1,1024}$/.test(secret)", replace: "secret !== ''", why: 'A secret with a line break would be more than one header.' },
];
