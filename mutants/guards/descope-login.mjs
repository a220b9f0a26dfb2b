/** Descope as the page sees it: guests that a verifier made, sign-ins without leaving the page, and what ends a session. */
const descope = 'packages/login/src/providers/descope.ts';
const ask = 'packages/login/src/providers/descope/ask.ts';
const authorize = 'packages/login/src/flows/authorize.ts';
const claims = 'packages/login/src/providers/descope/claims.ts';
const flow = 'packages/login/src/providers/descope/flow.ts';
const grant = 'packages/login/src/providers/descope/grant.ts';
const settings = 'packages/login/src/providers/descope/settings.ts';
const wire = 'packages/login/src/providers/descope/wire.ts';
const attributes = 'packages/login/src/providers/attributes.ts';

export const descopeLogin = [
  { id: 'descope-token-kind', file: grant, find: 'claims.drn !== drn || ', replace: '', why: 'A refresh token would be sent to the shop’s API in every request.' },
  { id: 'descope-token-project', file: grant, find: ' || !isOurs) throw', replace: ') throw', why: 'A guest would be the guest of another project, whom the shop’s API does not know.' },
  { id: 'descope-tokens-agree', file: grant, find: "if (text(claims, 'sub') !== subject) throw", replace: 'if (false as boolean) throw', why: 'A person would be renewed as somebody else ten minutes later.' },
  { id: 'descope-refresh-kept', file: grant, find: "session?.subject === subject && session.renewal", replace: 'session && session.renewal', why: 'A person who signs in would be renewed as the guest they were.' },
  { id: 'descope-lifetime', file: grant, find: 'if (!(lifetimeSeconds > 0)) throw', replace: 'if (false as boolean) throw', why: 'A session of no length would be asked for again at every click.' },
  { id: 'descope-inherited-tenant', file: grant, find: 'Object.hasOwn(asObject(claims.tenants) ?? {}, guestTenantId)', replace: '(guestTenantId in (asObject(claims.tenants) ?? {}))', why: 'A user would be a guest for ever by a name that every object has.' },
  { id: 'descope-moved-is-a-guest', file: grant, find: "session?.kind === 'guest' && session.subject !== subject", replace: 'session && session.subject !== subject', why: 'What a user has would go to the next person who signs up in this browser.' },
  { id: 'descope-moved-was-here', file: descope, find: 'current?.subject === subject ? current : null', replace: 'current', why: 'Another guest’s cart, who came meanwhile, would go to the account.' },
  { id: 'descope-nobody-is-no-user', file: grant, find: "session?.kind !== 'guest' || guestTenantId", replace: 'session === null || guestTenantId', why: 'A user whose session says nothing would be a guest with the account’s ID.' },
  { id: 'descope-signed-out-is-over', file: wire, find: "error === 'E064001' || ", replace: '', why: 'A guest who was signed out at Descope would wait for a month.' },
  { id: 'descope-used-up-is-over', file: wire, find: " || error === 'E064006'", replace: '', why: 'A guest whose refresh token was used up would wait for a month.' },
  { id: 'descope-nobody-there', file: descope, find: ' && Object.keys(await tryRefresh(ports)).length === 0', replace: '', why: 'A guest whose cookie was not read for a moment would be gone.' },
  { id: 'descope-only-401-ends', file: wire, find: "status === 401 && (error ===", replace: '(error ===', why: 'A firewall that refuses a page would empty the cart.' },
  { id: 'descope-own-life', file: wire, find: " && endOf(session) < session.issuedAt + (now - session.receivedAt)", replace: '', why: 'One confused answer would cost a guest the session that had weeks to live.' },
  { id: 'descope-service-clock', file: wire, find: 'session.issuedAt + (now - session.receivedAt)', replace: 'now', why: 'A device whose clock is wrong would lose its guest at the first hiccup.' },
  { id: 'descope-asks-again', file: descope, find: 'return askAgain(error);', replace: 'throw error;', why: 'A page would be told that a setting is wrong, and stop asking for the guest it has.' },
  { id: 'descope-body-no-cookies', file: wire, find: "sessions === 'body' ? 'omit' : 'include'", replace: "sessions === 'body' ? 'include' : 'include'", why: 'A page whose server allows no cookies would be refused every answer by the browser.' },
  { id: 'descope-spent-once', file: descope, find: '{ isRefusal: isDescopesNo }).catch(spent)', replace: '{}).catch(spent)', why: 'A person who opens a link twice would see the page try for ever.' },
  { id: 'descope-declined', file: descope, find: '/access_denied|cancel/i', replace: '/nothing/i', why: 'Who changes their mind would be told that something failed.' },
  { id: 'descope-safe-address', file: descope, find: "safeAddress(text(data, 'url'))", replace: "text(data, 'url')", why: 'A tampered answer would run as script when a person signs in.' },
  { id: 'descope-state', file: descope, find: 'return state && [', replace: 'return state !== null && [', why: 'A page of the shop with an empty state in its address would be taken for a callback.' },
  { id: 'descope-users-link-nothing', file: descope, find: "if (purpose === 'link') checkGuest(session);", replace: '', why: 'A user who adds Google would be signed in as somebody else instead.' },
  { id: 'descope-users-answer-nothing', file: descope, find: 'if (!asks) return null;\n      checkGuest(session);', replace: 'if (!asks) return null;', why: 'A user would be asked for a code, and be somebody else by it.' },
  { id: 'descope-resume-not-theirs', file: descope, find: ' && subject !== null && isNew ? grant', replace: ' && isNew ? grant', why: 'The next person at the device would be signed in as the last one.' },
  { id: 'descope-resume-not-before', file: descope, find: "const isNew = purpose !== 'sign_in' || ", replace: "const isNew = true as boolean || ", why: 'Who wants to be somebody else would be told that they are, and still be themselves.' },
  { id: 'descope-resume-user', file: descope, find: "grant?.kind === 'user' && ", replace: 'grant && ', why: 'A guest’s own cookie would be taken for the sign-in that they wait for.' },
  { id: 'descope-cookie-of-another', file: descope, find: "if (session?.renewal.type === 'none') throw", replace: 'if (false as boolean) throw', why: 'What a guest notes would be noted with somebody else’s account.' },
  { id: 'descope-attributes-subject', file: descope, find: 'if (grant.subject !== session.subject) throw', replace: 'if (false as boolean) throw', why: 'A person would become somebody else by noting their size.' },
  { id: 'descope-attributes-read', file: descope, find: 'isChange || !session.accessToken ? proofOf', replace: '(true as boolean) ? proofOf', why: 'A refresh token would travel where a token of ten minutes does.' },
  { id: 'descope-signed-out-twice', file: descope, find: "if (!isLoginError(error) || error.code !== 'grant_refused') throw error;\n      });", replace: 'throw error;\n      });', why: 'Who is signed out already would be told that signing out failed.' },
  { id: 'descope-nothing-to-end', file: descope, find: "if (sessions === 'body' && !refreshTokenOf(session)) return;", replace: '', why: 'A person would wait for a request that cannot do anything.' },
  { id: 'descope-email-is-one', file: ask, find: "isEmail(loginId) ? await send(loginId, { ports, session }) : 'refused'", replace: 'await send(loginId, { ports, session })', why: 'A slip of the finger would be sent to Descope, which makes a user of it.' },
  { id: 'descope-code-over', file: ask, find: '/^(E06|E10|challenge_over$)/', replace: '/^(challenge_over$)/', why: 'Who comes too late would be told that the service is broken, and not get another code.' },
  { id: 'descope-code-again', file: ask, find: "if (/^(E061102|code_wrong)$/.test(word)) return 'wrong';", replace: '', why: 'Who mistypes a digit would have to begin again with the e-mail.' },
  { id: 'descope-flow-nonce', file: wire, find: "...(flowNonce && { 'x-descope-flow-nonce': flowNonce })", replace: '', why: 'Every flow would be over after its first screen.' },
  { id: 'descope-flow-next-nonce', file: flow, find: "answer.headers.get('x-descope-flow-nonce') ?? nonce", replace: "nonce ?? answer.headers.get('x-descope-flow-nonce')", why: 'Every flow would be over after its second screen.' },
  { id: 'descope-flow-stays', file: flow, find: "if (screenOf(at) === screenOf(first)) return 'refused';", replace: '', why: 'A person would be asked for a code that was never sent.' },
  { id: 'descope-flow-goes-on', file: flow, find: "    at = arrived(answer, at, later);\n", replace: "    const then = at; at = arrived(answer, at, later); if (!ended(at) && at.data.status !== 'failed') { const word = optionalText(asObject(at.data.error) ?? {}, 'code') ?? ''; at = then; return codeRefused(word) ?? 'wrong'; }\n", why: 'Who mistypes a digit in a flow could not go on with the right one.' },
  { id: 'descope-flow-own-screens', file: flow, find: "data.status === 'completed' ? asObject(data.authInfo) : null", replace: 'asObject(data.authInfo)', why: 'A flow that still has a question would be taken for done.' },
  { id: 'descope-mount-here', file: 'packages/login/src/providers/settings.ts', find: ' && new URL(verifier, HERE).origin === HERE', replace: '', why: 'A slip in a setting would send refresh tokens to whoever is at that address.' },
  { id: 'descope-project-id', file: settings, find: "|| !/^\\w+$/.test(projectId)", replace: "|| projectId === ''", why: 'A slip in a setting would have people’s tokens sent to another host.' },
  { id: 'attributes-are-texts', file: attributes, find: "|| !Object.values(attributes).every((value) => typeof value === 'string')", replace: '', why: 'A page would show a number or worse where a text was promised.' },
  { id: 'descope-moved-when-new', file: grant, find: 'isMadeBy(data, issuedAtSeconds, tookMs) || ', replace: '', why: 'Who signs up would be asked whether they are somebody who never was.' },
  { id: 'descope-moved-by-the-word', file: grant, find: 'firstSeen !== true || ', replace: '!firstSeen || ', why: 'A guest’s cart would go to an account nobody chose, by a word that means nothing.' },
  { id: 'descope-made-by-this', file: grant, find: 'return issuedAtSeconds - createdSeconds <=', replace: 'return createdSeconds > 0 || issuedAtSeconds - createdSeconds <=', why: 'A guest’s cart would go, without a question, to an account that a server had made.' },
  { id: 'descope-made-by-no-clock', file: grant, find: 'Math.min(tookMs / 1000, LONGEST_SECONDS)', replace: 'tookMs / 1000', why: 'A clock that was set meanwhile would make an old account a new one.' },
  { id: 'descope-project-is-no-typo', file: ask, find: 'answered.status === 400 && ', replace: '', why: 'A person would be told to mind an e-mail that is right, for a setting that is wrong.' },
  { id: 'descope-claims-known', file: claims, find: "kind === 'guest' && guestTenantId === null && accessToken ? readClaims(accessToken) : {}", replace: '{}', why: 'A page would learn of what is too much only from the server.' },
  { id: 'descope-claims-fit', file: claims, find: ' && bytes > MOST_BYTES) throw', replace: ' && bytes < 0) throw', why: 'A page would learn of what is too much only from the server.' },
  { id: 'descope-user-is-asked', file: descope, find: '.catch(refusedVisitor).catch(askUser)', replace: '.catch(refusedVisitor)', why: 'A page would tell a user whose storage was cleared that a setting is wrong.' },
  { id: 'descope-user-no-flow-guest', file: descope, find: 'if (asObject(known.user)) throw signedIn();', replace: '', why: 'A user whose page storage was cleared would be a guest, and their session gone.' },
  { id: 'descope-kept-before', file: descope, find: "await fromVerifier('guest/keep', {}, ports).catch(", replace: 'await Promise.resolve({}).catch(', why: 'A guest whose tokens are cookies would leave the cart behind when they sign in.' },
  { id: 'descope-forgotten', file: descope, find: "if (who === 'everybody' && sessions === 'cookies' && 'verifier' in guests) await fromVerifier('guest/forget', {}, ports);", replace: '', why: 'The next person at the device could take the last one’s cart.' },
  { id: 'descope-link-written-first', file: authorize, find: "  await keeper.commit({\n    type: 'begun',", replace: "  await send?.();\n  await keeper.commit({\n    type: 'begun',", why: 'A link whose sending failed on the way back would arrive, and sign nobody in.' },
];
