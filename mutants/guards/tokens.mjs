/** The server side: whose token is believed, and whose key. */
const authorization = 'packages/verifier/src/tokens/authorization.ts';
const authress = 'packages/verifier/src/tokens/authress-token.ts';
const own = 'packages/verifier/src/tokens/issuer-token.ts';
const idToken = 'packages/verifier/src/tokens/id-token.ts';
const provider = 'packages/verifier/src/tokens/provider-keys.ts';
const token = 'packages/verifier/src/tokens/verify-token.ts';
const read = 'packages/verifier/src/tokens/read-token.ts';
const json = 'packages/verifier/src/tokens/strict-json.ts';
const proof = 'packages/verifier/src/tokens/dpop-proof.ts';
const address = 'packages/verifier/src/tokens/same-address.ts';
const publicKey = 'packages/verifier/src/tokens/public-key.ts';
const download = 'packages/verifier/src/tokens/download-json.ts';
const jwks = 'packages/verifier/src/tokens/jwks.ts';
const keySet = 'packages/verifier/src/tokens/key-set.ts';

export const tokens = [
  {
    id: 'users-only', file: token, find: "if (caller.kind !== 'user') throw", replace: 'if (false as boolean) throw',
    why: 'A guest would be shown what is for users: the orders of whoever had the ID before.',
  },
  {
    id: 'known-schemes', file: authorization, find: '(bearer|dpop)', replace: '(\\w+)',
    why: "A password of another scheme would be read as a token, and stand in an error's place.",
  },
  {
    id: 'bearer-only', file: authress, find: "if (authorization?.scheme !== 'Bearer') throw", replace: 'if (!authorization) throw',
    why: 'A person whose app sends proofs would be let in without anybody looking at one.',
  },
  {
    id: 'caller-token-length', file: read, find: "token.length > maxLength ? [] : token.split('.', 4)", replace: "token.split('.', 4)",
    why: 'A token of 20 MB would keep the server busy, and everybody else waiting.',
  },
  {
    id: 'foreign-issuer', file: token, find: "if (optionalText(parts.claims, 'iss') !== rules.issuer) throw", replace: 'if (false as boolean) throw',
    why: 'A flood of foreign tokens would have the server ask for keys, and keep people out whose token is good.',
  },
  {
    id: 'access-token-lifetime', file: token, find: 'expiresAt - issuedAt > maxLifetimeSeconds || ', replace: '',
    why: 'A token that lives for years could be used by whoever finds it in an old log.',
  },
  {
    id: 'issued-in-the-future', file: token, find: ' || issuedAt > nowMs / 1000 + toleranceSeconds', replace: '',
    why: 'A token that was made for next year would be good today and then.',
  },
  {
    id: 'key-says-algorithm', file: token, find: 'algorithms: [algorithmOf(key)],', replace: '',
    why: 'Whoever writes a token would choose how a key is used, and some uses need no secret.',
  },
  {
    id: 'audience', file: token, find: '...(audience !== undefined && { audience }),', replace: '',
    why: "A token for another shop's API would open the person's cart here.",
  },
  {
    id: 'id-token-no-access', file: authress, find: 'if (isIdToken(claims, clientId)) throw', replace: 'if (false as boolean) throw',
    why: "An ID token, which the app hands around as a name card, would open the person's cart.",
  },
  {
    id: 'own-application', file: authress, find: 'if (applicationId !== undefined && clientId !== applicationId) throw', replace: 'if (false as boolean) throw',
    why: 'Another app of the account could act as the person here.',
  },
  {
    id: 'token-algorithm', file: read, find: ' && form.algorithms.some((allowed) => allowed === algorithm) &&', replace: ' && algorithm !== undefined &&',
    why: 'Tokens without a signature would have the server ask for keys, as often as a stranger likes.',
  },
  {
    id: 'token-type', file: read, find: 'form.types.test(typ) && ', replace: '',
    why: "A logout token or an assertion of the same issuer would be taken for a person's access.",
  },
  {
    id: 'token-header', file: read, find: ' && !Object.keys(header).some((name) => REFUSED_MEMBER.test(name))', replace: '',
    why: 'A header that must be understood would be ignored, and the token would mean something else than it says.',
  },
  {
    id: 'no-key-of-its-own', file: read, find: "return !Object.hasOwn(header, 'jwk') && (", replace: 'return (',
    why: 'A token that brings its own key would be read by one reader with that key and by this one with another.',
  },
  {
    id: 'key-named', file: read, find: "(key === 'named or only' && !Object.hasOwn(header, 'kid'))", replace: "!Object.hasOwn(header, 'kid')",
    why: 'A token that does not say whose it is would be good for whichever key is there alone.',
  },
  {
    id: 'one-spelling', file: publicKey, find: 'return base64url.encode(bytes) === text ? bytes : null;', replace: 'return bytes;',
    why: 'One token would have many spellings, and a list of withdrawn ones would miss all but one.',
  },
  {
    id: 'names-once', file: json, find: '|| names.has(name)) return false;', replace: ') return false;',
    why: 'A token with two subjects would be one person here and another one behind.',
  },
  {
    id: 'depth', file: json, find: 'if (open.push(new Set()) > MAX_DEPTH) return false;', replace: 'open.push(new Set());',
    why: 'A token of ten thousand brackets would bring the server down.',
  },
  {
    id: 'own-token-type', file: own, find: 'types: /^at\\+jwt$/', replace: 'types: /^(?:rt\\+|at\\+)?jwt$/i',
    why: 'Who finds a token that was made to renew a session, or to say who signed in, could shop with it as the person.',
  },
  {
    id: 'own-token-lifetime', file: own, find: 'maxLifetimeSeconds: 605', replace: 'maxLifetimeSeconds: 86_400',
    why: 'A stolen token would be good for a day, while the person believes ten minutes.',
  },
  {
    id: 'own-client-only', file: own, find: 'if (clientId !== undefined && client !== clientId) throw', replace: 'if (false as boolean) throw',
    why: 'Another app of the shop could act as the person here.',
  },
  {
    id: 'user-in-so-many-words', file: own, find: "optionalText(claims, 'kind') === 'user'", replace: "optionalText(claims, 'kind') !== 'guest'",
    why: 'Whoever has a token that does not say what they are would count as a user.',
  },
  {
    id: 'bound-to-that-key', file: own, find: 'if (bound !== null && bound !== (await shownKey(from, parts))) throw', replace: 'if (bound !== null && !(await shownKey(from, parts))) throw',
    why: 'Whoever steals a bound token would use it with any key of their own.',
  },
  {
    id: 'bound-never-bearer', file: own, find: "if (authorization?.scheme !== 'DPoP') throw", replace: 'if (!authorization) throw',
    why: "A person's bound token would go on working in apps that believe it needs no key.",
  },
  {
    id: 'bound-never-alone', file: own, find: 'if (bound !== null && bound !== (await shownKey(from, parts))) throw', replace: "if (bound !== null && typeof from !== 'string' && bound !== (await shownKey(from, parts))) throw",
    why: 'Whoever steals a bound token would be let in wherever an API takes tokens out of a body.',
  },
  {
    id: 'unbound-never-dpop', file: own, find: "if (bound === null && scheme === 'DPoP') throw", replace: 'if (false as boolean) throw',
    why: 'Somebody who asked for tokens that need a key would never learn that theirs need none.',
  },
  {
    id: 'binding-understood', file: own, find: 'if (thumbprint === undefined) throw', replace: 'if (thumbprint === undefined) return null;\n  if (false as boolean) throw',
    why: 'A token that only one certificate may show would be let in from anybody.',
  },
  {
    id: 'api-origin-from-settings', file: own, find: 'const url = apiOrigin + new URL(from.url).pathname;', replace: 'const url = from.url;',
    why: "A proof that a person's app made for another shop would be good at this one, under a Host header that says so.",
  },
  {
    id: 'proof-of-this-token', file: own, find: 'accessToken: authorization.token, ', replace: '',
    why: 'A proof that was made beforehand would be good with every token that is stolen later.',
  },
  {
    id: 'identity-by-subject', file: idToken, find: 'return { issuer, subject,', replace: "return { issuer, subject: optionalText(claims, 'email') ?? subject,",
    why: 'Whoever gets an address that somebody had before, or says that it is theirs, would be that person.',
  },
  {
    id: 'id-token-nonce', file: idToken, find: "if ((optionalText(claims, 'nonce') ?? null) !== nonce) throw", replace: 'if (false as boolean) throw',
    why: "A leaked ID token would link the person's identity to a stranger's guest.",
  },
  {
    id: 'id-token-for-us', file: idToken, find: 'if (!isForClient(claims, clientId)) throw', replace: 'if (false as boolean) throw',
    why: 'Another application that a person signs in to could sign in here as them.',
  },
  {
    id: 'id-token-age', file: idToken, find: 'if (issuedAt < now() / 1000 - MAX_AGE_SECONDS) throw', replace: 'if (false as boolean) throw',
    why: 'An ID token out of an old log would sign somebody in as the person.',
  },
  {
    id: 'id-token-name', file: idToken, find: '!/^[ -~]{1,255}$/.test(subject) || ', replace: '',
    why: 'Two people whose names only look alike would be one to whoever stores them.',
  },
  {
    id: 'id-token-kind', file: idToken, find: " || OTHER_TOKEN.test(optionalText(claims, 'typ') ?? '')", replace: '',
    why: "An access token that Keycloak gave some API would say there that it signed the person in.",
  },
  {
    id: 'sign-in-of-the-future', file: idToken, find: 'authTime !== undefined && authTime <= now() / 1000 + rules.toleranceSeconds', replace: 'authTime !== undefined',
    why: 'A sign-in of next year would count as recent until then, and a forgotten tab could add identities to the person.',
  },
  {
    id: 'provider-is-itself', file: provider, find: "if (optionalText(metadata, 'issuer') !== issuer) throw", replace: 'if (false as boolean) throw',
    why: "Whoever answers for the provider's address would say whose keys vouch for people.",
  },
  {
    id: 'provider-keys-https', file: provider, find: 'if (!isSecure(url)) throw', replace: 'if (url === undefined) throw',
    why: 'Keys that travel in the clear would be exchanged on the way, and anybody would be anybody.',
  },
  {
    id: 'proof-key-kind', file: proof, find: "if (key?.algorithm !== 'ES256') throw", replace: 'if (!key) throw',
    why: 'A person would be another one with each kind of key, and the shop could tell none of them apart.',
  },
  {
    id: 'proof-id', file: proof, find: 'if (id === undefined || id.length > MAX_ID_LENGTH) throw', replace: 'if (false as boolean) throw',
    why: 'Two proofs of one person could not be told from one that was sent twice.',
  },
  {
    id: 'proof-method', file: proof, find: "if (optionalText(claims, 'htm') !== method) throw", replace: 'if (false as boolean) throw',
    why: "A proof for looking at a person's cart would be good for emptying it.",
  },
  {
    id: 'proof-address', file: proof, find: "if (!isSameAddress(optionalText(claims, 'htu') ?? '', url)) throw", replace: 'if (false as boolean) throw',
    why: 'A shop that a person visits could use their proof at every other one.',
  },
  {
    id: 'proof-time', file: proof, find: "if (optionalNumber(claims, 'iat') === undefined) throw", replace: 'if (false as boolean) throw',
    why: 'A proof without a time would be as good tomorrow, in the hands of whoever kept it.',
  },
  {
    id: 'proof-names-token', file: proof, find: "if (accessToken !== undefined && optionalText(claims, 'ath') !== sha256(accessToken)) throw", replace: 'if (false as boolean) throw',
    why: "A proof that was made for one token would be good with another person's.",
  },
  {
    id: 'proof-signed', file: proof, find: 'if (!(await isSignedWith(key, proof))) throw', replace: 'if (false as boolean) throw',
    why: "Whoever knows a person's public key would be that person.",
  },
  {
    id: 'proof-nonce-text', file: proof, find: "if (nonce === undefined && Object.hasOwn(claims, 'nonce')) throw", replace: 'if (false as boolean) throw',
    why: 'A person whose app sends nonsense would be asked for the same again and again, and nobody would see why.',
  },
  {
    id: 'proof-age', file: proof, find: "if (rule === 'only where iat is off' && isFresh) return;", replace: "if (rule === 'only where iat is off') return;",
    why: 'A proof that somebody found would make them the guest as long as it lies there.',
  },
  {
    id: 'proof-age-at-api', file: proof, find: '    if (!isFresh) throw', replace: '    if (false as boolean) throw',
    why: "Proofs that a script made in a person's browser would be good for years.",
  },
  {
    id: 'proof-our-nonce', file: proof, find: 'if (nonce === undefined || !isOurNonce(nonce)) throw', replace: 'if (nonce === undefined) throw',
    why: 'A script that was in the page for a minute could make proofs for the rest of the year.',
  },
  {
    id: 'no-address-twice', file: address, find: 'return address !== null && address === normalized(other);', replace: 'return address === normalized(other);',
    why: 'Two texts that are no address would be one, and a proof for nowhere good everywhere.',
  },
  {
    id: 'published-private-key', file: publicKey, find: '!SECRET_MEMBERS.some((name) => Object.hasOwn(jwk, name)) &&', replace: '',
    why: 'A key whose private half is public would go on vouching for people.',
  },
  {
    id: 'key-for-signatures', file: publicKey, find: "(!Object.hasOwn(jwk, 'use') || jwk['use'] === 'sig') &&", replace: '',
    why: 'A key that was given out for other purposes would vouch for people.',
  },
  {
    id: 'key-for-its-algorithm', file: publicKey, find: "(!Object.hasOwn(jwk, 'alg') || jwk['alg'] === algorithm || (algorithm === 'EdDSA' && jwk['alg'] === 'Ed25519')) &&", replace: '',
    why: 'A key that its owner uses in another way would vouch for people in this one.',
  },
  {
    id: 'rsa-length', file: publicKey, find: 'return bits >= RSA_BITS.least && ', replace: 'return bits > 0 && ',
    why: 'A key that a student can factor would make anybody anybody.',
  },
  {
    id: 'rsa-not-endless', file: publicKey, find: 'bytes.length > RSA_BITS.most / 8 || ', replace: '',
    why: 'A key of 64 KiB would keep the server busy, and everybody waiting.',
  },
  {
    id: 'rsa-one-modulus', file: publicKey, find: ' || bytes[0] === 0) return false;', replace: ') return false;',
    why: 'One key would have many names, and two that are the same would push each other out.',
  },
  {
    id: 'rsa-exponent', file: publicKey, find: "e === 'AQAB' && ", replace: 'e !== undefined && ',
    why: 'With an exponent of one, anybody signs as the provider without a key.',
  },
  {
    id: 'rsa-of-a-broken-chip', file: publicKey, find: ' && !isRoca(bytes);', replace: ';',
    why: 'A key out of a chip that is known to be broken would make whoever factors it anybody.',
  },
  {
    id: 'algorithms-allowed', file: jwks, find: '.filter(({ key }) => algorithms.includes(key.algorithm))', replace: '',
    why: 'A key of a kind that nobody asked for would vouch for people, or push out the one that may.',
  },
  {
    id: 'nameless-key-alone', file: jwks, find: 'if (keys.size > 1) keys.delete(NAMELESS);', replace: '',
    why: 'A key without a name beside others would count as one, and the only good key no longer be the only one.',
  },
  {
    id: 'few-keys', file: jwks, find: 'if (keys.length > MAX_KEYS) throw', replace: 'if (false as boolean) throw',
    why: 'A key set of a million keys would keep the server busy, and everybody waiting.',
  },
  {
    id: 'key-set-length', file: download, find: 'if (bytes > mostBytes) throw', replace: 'if (false as boolean) throw',
    why: 'An answer without end would fill the memory of the server.',
  },
  {
    id: 'one-key-per-name', file: jwks, find: 'named.every((other) => other.kid !== kid || isSameKey(other.key, key))', replace: 'true',
    why: 'A second key under a known name would push out the first, and vouch in its place.',
  },
  {
    id: 'keys-from-one-address', file: download, find: "redirect: 'manual'", replace: "redirect: 'follow'",
    why: 'A redirect would bring keys from somewhere else, and with them anybody as anybody.',
  },
  {
    id: 'only-key', file: keySet, find: 'return only && !another ? only : null;', replace: 'return only ?? null;',
    why: 'A token that names no key would be good by whichever key comes first, whoever has it.',
  },
  {
    id: 'few-requests', file: keySet, find: 'if (this.#requests.length >= REQUESTS_PER_WINDOW) return Promise.resolve();', replace: '',
    why: 'Tokens with made-up keys would have the server flood the login host, until nobody can sign in.',
  },
  {
    id: 'keys-grow-old', file: keySet, find: 'if (key && this.#age() < STALE_IF_ERROR_MS) {', replace: 'if (key) {',
    why: 'A key that was withdrawn would vouch for people as long as the login host is blocked.',
  },
  {
    id: 'keys-outlive-a-failure', file: keySet, find: '      this.#failure = error;', replace: '      this.#keys = new Map();\n      this.#failure = error;',
    why: 'A login host that hiccups would lock everybody out of the shop.',
  },
  {
    id: 'requests-of-the-future', file: keySet, find: 'at <= now && now - at < WINDOW_MS', replace: 'now - at < WINDOW_MS',
    why: 'A server whose clock was set back would not find a new key for as long.',
  },
];
