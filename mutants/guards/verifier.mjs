/** The server side: who is made a guest, and whose token is believed. */
const login = 'packages/verifier/src/authress/login.ts';
const assertion = 'packages/verifier/src/authress/assertion.ts';
const rate = 'packages/verifier/src/gate/rate-limit.ts';
const settings = 'packages/verifier/src/settings.ts';
const main = 'packages/verifier/src/verifier.ts';
const node = 'packages/verifier/src/node.ts';
const token = 'packages/verifier/src/tokens/verify-token.ts';
const read = 'packages/verifier/src/tokens/read-token.ts';
const json = 'packages/verifier/src/tokens/strict-json.ts';
const jwks = 'packages/verifier/src/tokens/jwks.ts';
const keySet = 'packages/verifier/src/tokens/key-set.ts';

export const verifier = [
  {
    id: 'redirect-uri-exact', file: login, find: '![`${loginUrl}/login`, `${loginUrl}/`, loginUrl].includes(redirectUri)', replace: '!redirectUri.startsWith(loginUrl)',
    why: 'A host that only begins like the login host would be sent the signed ID of a person.',
  },
  {
    id: 'parameters-once', file: login, find: 'if (new Set(names).size !== names.length) return', replace: 'if (false as boolean) return',
    why: "Two readers would see two states, and the answer would reach another person's browser.",
  },
  {
    id: 'state-charset', file: login, find: 'if (state === null || !/^[\\w.~:+/=-]{1,512}$/.test(state))', replace: 'if (state === null)',
    why: 'Markup and line breaks of a stranger would travel on in an address that the shop made.',
  },
  {
    id: 'own-client', file: login, find: "if (query.has('client_id') && query.get('client_id') !== clientId)", replace: 'if (false as boolean)',
    why: "Another service client's visitors would be given IDs in this one's name.",
  },
  {
    id: 'get-only', file: login, find: "if (request.method !== 'GET') return", replace: 'if (false as boolean) return',
    why: 'A form on a foreign page could make guests in the background.',
  },
  {
    id: 'guests-per-network', file: login, find: 'if (waitMs === 0) return null;', replace: 'if (waitMs >= 0) return null;',
    why: 'One machine could use up all the IDs that the shop pays for.',
  },
  {
    id: 'network-and-not-address', file: login, find: 'rateLimit.take(networkOf(clientAddress))', replace: 'rateLimit.take(clientAddress)',
    why: 'Who has an IPv6 network would have 18 trillion addresses, and as many guests.',
  },
  {
    id: 'rule-says-true', file: login, find: '=== true ? null', replace: '!== false ? null',
    why: 'A rule that forgot its return would open the gate to every bot.',
  },
  {
    id: 'location-from-settings', file: login, find: 'return sendBack(parts.loginUrl,', replace: 'return sendBack(new URL(request.url).origin,',
    why: "Whoever writes a Host header would be sent a person's signed ID.",
  },
  {
    id: 'get-after-the-answer', file: login, find: 'status: 303,', replace: 'status: 307,',
    why: 'A form that was posted here would be posted on, with all that is in it.',
  },
  {
    id: 'assertion-is-short', file: assertion, find: 'const LIFETIME_SECONDS = 60;', replace: 'const LIFETIME_SECONDS = 3_600;',
    why: 'Who reads the history of a shared device would have an hour to become its guest.',
  },
  {
    id: 'guest-id-length', file: assertion, find: 'const GUEST_ID_BYTES = 20;', replace: 'const GUEST_ID_BYTES = 4;',
    why: 'Two visitors would be given the same ID, and see each other\'s cart.',
  },
  {
    id: 'clock-set-back', file: rate, find: 'Math.min(this.#bucketMs, Math.max(', replace: 'Math.min(Infinity, Math.max(',
    why: 'A server whose clock is set back would let nobody in for as long.',
  },
  {
    id: 'networks-are-forgotten', file: rate, find: 'if (!this.#fullAt.has(network)) this.#makeRoom(now);', replace: '',
    why: 'A flood from many addresses would fill the memory of the server, and the shop would be down for all.',
  },
  {
    id: 'https-login-url', file: settings, find: 'refuseUnless(URL.canParse(loginUrl) && isSecure(loginUrl),', replace: 'refuseUnless(URL.canParse(loginUrl),',
    why: "A person's signed ID would travel in the clear.",
  },
  {
    id: 'service-client-no-user', file: settings, find: 'refuseUnless(!isServiceClient(connection),', replace: 'refuseUnless(true as boolean,',
    why: 'With one wrong line in the settings every guest would count as a user.',
  },
  {
    id: 'users-only', file: main, find: "if (caller.kind !== 'user') throw", replace: 'if (false as boolean) throw',
    why: 'A guest would be shown what is for users: the orders of whoever had the ID before.',
  },
  {
    id: 'forwarded-ignored', file: node, find: 'const { trustedProxies = 0 } = options;', replace: 'const { trustedProxies = 1 } = options;',
    why: 'Anybody who writes X-Forwarded-For could make guests without end.',
  },
  {
    id: 'forwarded-from-the-end', file: node, find: 'forwarded.at(-trustedProxies)', replace: 'forwarded.at(0)',
    why: 'Behind a proxy, whoever writes one more address would be somebody else each time.',
  },
  {
    id: 'bearer-only', file: token, find: 'if (!/^bearer(?: |$)/i.test(header)) throw', replace: 'if (false as boolean) throw',
    why: "A password of another scheme would be read as a token, and stand in an error's place.",
  },
  {
    id: 'caller-token-length', file: token, find: 'if (token.length > MAX_TOKEN_LENGTH) throw', replace: 'if (false as boolean) throw',
    why: 'A token of 20 MB would keep the server busy, and everybody else waiting.',
  },
  {
    id: 'foreign-issuer', file: token, find: 'if (issuer !== parts.issuer) throw', replace: 'if (false as boolean) throw',
    why: 'A flood of foreign tokens would have the server ask for keys, and keep people out whose token is good.',
  },
  {
    id: 'access-token-lifetime', file: token, find: 'expiresAt - issuedAt > MAX_LIFETIME_SECONDS || ', replace: '',
    why: 'A token that lives for years could be used by whoever finds it in an old log.',
  },
  {
    id: 'issued-in-the-future', file: token, find: ' || issuedAt > now() / 1000 + CLOCK_TOLERANCE_SECONDS', replace: '',
    why: 'A token that was made for next year would be good today and then.',
  },
  {
    id: 'id-token-no-access', file: token, find: 'if (isIdToken(claims, clientId)) throw', replace: 'if (false as boolean) throw',
    why: "An ID token, which the app hands around as a name card, would open the person's cart.",
  },
  {
    id: 'own-application', file: token, find: 'if (applicationId !== undefined && clientId !== applicationId) throw', replace: 'if (false as boolean) throw',
    why: 'Another app of the account could act as the person here.',
  },
  {
    id: 'token-algorithm', file: read, find: "optionalText(header, 'alg') === 'EdDSA' && ", replace: '',
    why: 'Tokens without a signature would have the server ask for keys, as often as a stranger likes.',
  },
  {
    id: 'token-type', file: read, find: 'ACCESS_TOKEN_TYPE.test(typ) && ', replace: '',
    why: "A logout token or an assertion of the same issuer would be taken for a person's access.",
  },
  {
    id: 'token-header', file: read, find: '&& !Object.keys(header).some((name) => REFUSED_MEMBER.test(name))', replace: '',
    why: 'A header that must be understood would be ignored, and the token would mean something else than it says.',
  },
  {
    id: 'one-spelling', file: read, find: ' && base64url.encode(base64url.decode(part)) === part', replace: '',
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
    id: 'published-private-key', file: jwks, find: "&& !Object.hasOwn(jwk, 'd') &&", replace: '&&',
    why: 'A key whose private half is public would go on vouching for people.',
  },
  {
    id: 'few-keys', file: jwks, find: 'if (keys.length > MAX_KEYS) throw', replace: 'if (false as boolean) throw',
    why: 'A key set of a million keys would keep the server busy, and everybody waiting.',
  },
  {
    id: 'key-set-length', file: jwks, find: 'if (bytes > MAX_BODY_BYTES) throw', replace: 'if (false as boolean) throw',
    why: 'An answer without end would fill the memory of the server.',
  },
  {
    id: 'one-key-per-name', file: jwks, find: 'named.every((other) => other.kid !== key.kid || other.x === key.x)', replace: 'true',
    why: 'A second key under a known name would push out the first, and vouch in its place.',
  },
  {
    id: 'keys-from-one-address', file: jwks, find: "redirect: 'manual'", replace: "redirect: 'follow'",
    why: 'A redirect would bring keys from somewhere else, and with them anybody as anybody.',
  },
  {
    id: 'few-requests', file: keySet, find: 'if (this.#requests.length >= REQUESTS_PER_WINDOW) return Promise.resolve();', replace: '',
    why: 'Tokens with made-up keys would have the server flood the login host, until nobody can sign in.',
  },
  {
    id: 'keys-grow-old', file: keySet, find: 'if (this.#keys.has(kid) && this.#age() < STALE_IF_ERROR_MS) {', replace: 'if (this.#keys.has(kid)) {',
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
