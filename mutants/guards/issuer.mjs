/** The verifier's own issuer: who gets a guest, and whose session is renewed. */
const origin = 'packages/verifier/src/gate/origin.ts';
const gate = 'packages/verifier/src/gate/gate.ts';
const endpoints = 'packages/verifier/src/issuer/endpoints.ts';
const form = 'packages/verifier/src/issuer/form.ts';
const guest = 'packages/verifier/src/issuer/guest-grant.ts';
const refresh = 'packages/verifier/src/issuer/refresh-grant.ts';
const current = 'packages/verifier/src/issuer/current-session.ts';
const exchange = 'packages/verifier/src/issuer/exchange-grant.ts';
const ticket = 'packages/verifier/src/issuer/merge-ticket-grant.ts';
const merge = 'packages/verifier/src/issuer/redeem-merge.ts';
const mergeEndpoint = 'packages/verifier/src/issuer/merge-endpoint.ts';
const mergeClient = 'packages/verifier/src/tokens/merge-client.ts';
const currentToken = 'packages/verifier/src/issuer/current-token.ts';
const identities = 'packages/verifier/src/issuer/identities-endpoint.ts';
const revocation = 'packages/verifier/src/issuer/revocation-endpoint.ts';
const sessions = 'packages/verifier/src/issuer/sessions.ts';
const nonces = 'packages/verifier/src/issuer/nonces.ts';
const prove = 'packages/verifier/src/issuer/prove.ts';
const keys = 'packages/verifier/src/issuer/signing-keys.ts';
const newKeys = 'packages/verifier/src/issuer/new-keys.ts';
const memory = 'packages/verifier/src/store/memory.ts';
const node = 'packages/verifier/src/node.ts';
const command = 'packages/verifier/src/command.ts';

export const issuer = [
  { id: 'origin-exact', file: origin, find: '!origins.has(origin)', replace: '![...origins].some((listed) => origin.startsWith(listed))', why: 'A page whose address only begins like the shop’s would get guests of the shop.' },
  { id: 'origin-needed', file: origin, find: "if (!headers.has('origin')) throw", replace: 'if (false as boolean) throw', why: 'Whatever is no browser would get guests without end.' },
  { id: 'script-mode', file: origin, find: '!/^(?:cors|same-origin)$/.test(mode)', replace: 'false', why: 'A form that a person is made to submit would make guests.' },
  { id: 'script-site', file: origin, find: '!/^(?:same-origin|same-site|cross-site)$/.test(site)', replace: 'false', why: 'What no page of the shop sent would make guests.' },
  { id: 'origin-of-every-post', file: endpoints, find: 'refuseForeignOrigin(headers, origins);', replace: '', why: 'A foreign page could renew and end sessions, and read the answers.' },
  { id: 'answers-for-listed', file: endpoints, find: 'origins.has(origin) ? origin', replace: 'origins.has(origin) ? \'*\'', why: 'Every page could read what is meant for the shop’s own.' },
  { id: 'own-client-id', file: endpoints, find: "if (required(form, 'client_id') !== clientId) throw", replace: "if (required(form, 'client_id') === '') throw", why: 'Sessions of another application would be issued in this one’s name.' },
  { id: 'form-type', file: form, find: "!FORM_TYPE.test(headers.get('content-type') ?? '')", replace: 'false', why: 'Two readers of one body could see two requests.' },
  { id: 'form-plain', file: form, find: "headers.has('content-encoding')", replace: 'false', why: 'A few bytes could unpack to as many as fill the memory.' },
  { id: 'form-length', file: form, find: 'if (length + value.byteLength > MAX_BODY_BYTES) {', replace: 'if (length + value.byteLength > 2 * MAX_BODY_BYTES) {', why: 'A body without end would be read to its end, and the shop would be down for all.' },
  { id: 'form-once', file: form, find: 'if (new Set(parameters.map(([name]) => name)).size !== parameters.length) throw', replace: 'if (false as boolean) throw', why: 'Two readers of one form could see two tokens.' },
  { id: 'guests-per-network-issuer', file: gate, find: 'await takeTurn(`network ${networkOf(asked.clientAddress)}`, parts.rateLimit.network, parts.store);', replace: '', why: 'One machine could make guests without end.' },
  { id: 'network-by-prefix', file: gate, find: '${networkOf(asked.clientAddress)}', replace: '${asked.clientAddress}', why: 'One household has more IPv6 addresses than there are turns.' },
  { id: 'grants-per-key', file: gate, find: '  await takeTurnOf(proof, parts);\n', replace: '', why: 'One guest with many addresses could keep the server signing.' },
  { id: 'captcha-true-only', file: gate, find: '(await captcha(response, visit)) !== true', replace: '!(await captcha(response, visit))', why: 'A check that forgot what it returns would let everybody in.' },
  { id: 'captcha-there', file: gate, find: 'response === undefined || ', replace: 'response !== undefined && ', why: 'Who leaves the captcha out would be let in.' },
  { id: 'rule-true-only', file: gate, find: '(await allow(visit)) !== true', replace: '!(await allow(visit))', why: 'A rule that forgot what it returns would let everybody in.' },
  { id: 'guest-is-no-user', file: guest, find: "if (kind !== 'guest') throw", replace: 'if (false as boolean) throw', why: 'The key of a guest would open the account that the guest has become.' },
  { id: 'link-by-its-key', file: exchange, find: "if (session.thumbprint !== thumbprint) throw", replace: 'if (false as boolean) throw', why: 'A thief with the refresh token alone could link the guest to an account of his own.' },
  { id: 'id-token-of-this-link', file: exchange, find: '`${gains?.thumbprint ?? thumbprint}.${linkId}`', replace: '`${thumbprint}.${linkId}`', why: "A leaked ID token could be linked to somebody else's guest." },
  { id: 'id-token-once', file: exchange, find: 'sha256(idToken.slice(0, idToken.lastIndexOf(\'.\')))', replace: 'sha256(idToken)', why: 'An ID token whose signature is spelled the other way would sign somebody in a second time.' },
  { id: 'link-result-by-its-key', file: exchange, find: 'if (!done || done.thumbprint !== thumbprint) throw', replace: 'if (!done) throw', why: 'Who learned a link_id could ask for the tokens of whoever linked.' },
  { id: 'exchange-not-revived', file: exchange, find: 'if (standing.revoked || standing.generation !== generation) throw', replace: 'if (false as boolean) throw', why: 'Who signed out would be signed in again by a request that is sent once more.' },
  { id: 'recent-sign-in', file: current, find: "if (kind === 'user' && authTime < nowMs / 1000 - RECENT_SECONDS) throw", replace: 'if (false as boolean) throw', why: 'Who finds an open page could add a way in of his own and keep the account.' },
  { id: 'ticket-for-guest-and-user', file: ticket, find: "if (guest.kind !== 'guest' || user.kind !== 'user') throw", replace: 'if (false as boolean) throw', why: "A user's things could be carried off as if they were a guest's." },
  { id: 'ticket-for-this-user', file: merge, find: "if (user.kind !== 'user' || user.subject !== read.to) throw", replace: 'if (false as boolean) throw', why: 'A ticket that leaked would carry the cart to whoever found it.' },
  { id: 'merge-ticket-once', file: merge, find: 'if (!isFirst) throw', replace: 'if (false as boolean) throw', why: 'The things of a guest would be carried over twice.' },
  { id: 'merge-of-a-guest', file: merge, find: "if ((await store.standing(read.from, null)).kind !== 'guest') throw", replace: 'if (false as boolean) throw', why: 'A ticket made before a guest was handed over would carry off what its next owner put in the cart.' },
  { id: 'ticket-audience', file: sessions, find: "typ: MERGE_TICKET_TYPE, audience: `${this.#settings.issuer}/merge`", replace: "typ: MERGE_TICKET_TYPE, ...({} as { audience: string })", why: 'What was signed for another place would be redeemed here.' },
  { id: 'ticket-minutes', file: ticket, find: 'const TICKET_SECONDS = 300;', replace: 'const TICKET_SECONDS = 86_400;', why: 'A ticket out of an old log would still move a cart.' },
  { id: 'merge-not-from-a-page', file: mergeEndpoint, find: "if (headers.has('origin')) throw", replace: 'if (false as boolean) throw', why: 'A secret that slipped into a page would redeem tickets from there, and nobody would notice.' },
  { id: 'merge-credential', file: mergeEndpoint, find: "if (sha256(headers.get('authorization') ?? '') !== expected) {", replace: 'if (false as boolean) {', why: 'Whoever finds a ticket and a token would learn whose guest somebody was, and use the ticket up.' },
  { id: 'merge-nothing-there', file: 'packages/verifier/src/issuer/issuer.ts', find: 'apiSecret === undefined ? undefined : createMergeEndpoint({ clientId, apiSecret,', replace: 'createMergeEndpoint({ clientId, apiSecret: apiSecret ?? `${apiSecret}`,', why: 'A shop that set no secret would have one that everybody can guess.' },
  { id: 'merge-proof-seen', file: mergeClient, find: '    await verifyToken(user);\n', replace: '', why: 'Whoever stole a bound token would merge with it in an API of another process.' },
  { id: 'merge-secret-length', file: 'packages/verifier/src/settings.ts', find: '{32,256}$/.test(secret)', replace: '{1,256}$/.test(secret)', why: 'A secret that can be guessed would redeem everybody’s tickets.' },
  { id: 'link-with-nonce', file: exchange, find: "await prove(asked, 'subject_dpop', 'needed')", replace: "await prove(asked, 'subject_dpop', 'only where iat is off')", why: 'A proof that was made ahead of time would finish a link that nobody is making.' },
  { id: 'new-key-with-nonce', file: exchange, find: "const { thumbprint } = await prove(asked, 'dpop', 'needed');\n  await takeTurn", replace: "const { thumbprint } = await prove(asked, 'dpop', 'only where iat is off');\n  await takeTurn", why: 'A proof that was made ahead of time would begin a session.' },
  { id: 'new-session', file: exchange, find: 'sessionId: sessions.newId(),', replace: "sessionId: gains?.gainer.sessionId ?? sessions.newId(),", why: 'Whoever held a token of the guest could not be told from the user by the session.' },
  { id: 'recent-before-unlink', file: identities, find: 'requireRecentSignIn(session, parts.settings.now());', replace: '', why: 'Who finds an open page could take off the ways by which the person comes back.' },
  { id: 'current-means-now', file: currentToken, find: 'if (revoked || kind !== caller.kind || generation !== optionalNumber', replace: "if (false as boolean && generation !== optionalNumber", why: 'Who held the guest before its link could go on for ten minutes where the shop asked for none.' },
  { id: 'last-identity-stays', file: identities, find: "=== 'last'", replace: "=== ('never' as string)", why: 'Somebody who takes off the only way in would be told that it is done.' },
  { id: 'renewal-by-its-key', file: current, find: 'if (session.thumbprint !== thumbprint) throw', replace: 'if (false as boolean) throw', why: 'Who stole a refresh token would be that guest for ninety days.' },
  { id: 'renewal-with-nonce', file: refresh, find: "'needed'", replace: "'unused'", why: 'A proof made once could be sent again by whoever saw it.' },
  { id: 'renewal-revoked', file: current, find: 'revoked || ', replace: '', why: 'Who signed out would be signed in for who comes next.' },
  { id: 'renewal-kind', file: current, find: 'kind !== session.kind || ', replace: '', why: 'Who held the guest before would go on as the user.' },
  { id: 'renewal-generation', file: current, find: ' || generation !== session.generation', replace: '', why: 'Who held the guest before its link would hold the account after it.' },
  { id: 'refresh-token-type', file: sessions, find: '        ...rules, issuer', replace: '        ...(({ typ: _typ, ...others }) => others)(rules), issuer', why: 'An access token, which travels to every API, would be worth ninety days.' },
  { id: 'refresh-token-audience', file: sessions, find: "aud: `${issuer}/token`, exp: iat + refreshSeconds, cnf }", replace: 'aud: [audience, `${issuer}/token`], exp: iat + refreshSeconds, cnf }', why: 'An API that forgets to look at the type would take a refresh token.' },
  { id: 'refresh-token-client', file: sessions, find: "payload['client_id'] === clientId", replace: "typeof payload['client_id'] === 'string'", why: 'The session of one application would be renewed for another.' },
  { id: 'refresh-token-issuer', file: sessions, find: "...rules, issuer, requiredClaims: ['exp']", replace: "...rules, requiredClaims: ['exp'], ...({ audience: undefined } as object)", why: 'Another issuer with the same keys could hand out sessions of this one.' },
  { id: 'refresh-token-age', file: sessions, find: 'return isOver ? null : payload', replace: 'return isOver && (false as boolean) ? null : payload', why: 'Sessions would live on though the shop made them shorter.' },
  { id: 'revoked-long-enough', file: revocation, find: '(refreshSeconds + MARGIN_SECONDS)', replace: '86_400', why: 'Who signed out would be signed in again once that was forgotten.' },
  { id: 'nonce-age', file: nonces, find: '(age !== 0 && age !== 1)', replace: 'age < 0', why: 'A proof could be kept and sent whenever it suits.' },
  { id: 'nonce-mac', file: nonces, find: 'sha256(mac) === sha256(hmacSha256(key, slot))', replace: 'sha256(mac) !== hmacSha256(key, slot)', why: 'Proofs could be made long before they are sent, by whoever once had the browser.' },
  { id: 'one-proof', file: prove, find: 'if (inForm !== null && inHeader !== null) throw', replace: 'if (false as boolean) throw', why: 'Two readers of one request could see two keys.' },
  { id: 'public-parts-only', file: keys, find: '{ ...members, kid, alg', replace: "{ ...members, d: base64url.encode(this.#secret), kid, alg", why: 'The private key would be published to the world.' },
  { id: 'revoked-bounded', file: memory, find: 'until > now() && revokedUntil.size < MAX_REVOKED', replace: 'until > now()', why: 'Who starts and ends sessions all day would fill the memory of the server.' },
  { id: 'revoked-longest', file: memory, find: 'Math.max(until, revokedUntil.get(sessionId) ?? 0)', replace: 'until', why: 'Who signs out twice would be signed in again before the last token is over.' },
  { id: 'buckets-per-rate', file: memory, find: 'const rate = `${burst} ${perSecond}`;', replace: "const rate = '';", why: 'A flood of new keys would give everybody a fresh limit.' },
  { id: 'body-bounded', file: node, find: 'if (length === body.length) break;', replace: '', why: 'A body without end would keep a request open without end.' },
  { id: 'keys-for-owner-only', file: command, find: 'mode: 0o600', replace: 'mode: 0o644', why: 'Everybody on the machine could read the key that makes users.' },
];
