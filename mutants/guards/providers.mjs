/** What the identity service may say: tokens, callbacks, cookies, addresses. */
const address = 'packages/login/src/core/address.ts';
const authressRequests = 'packages/login/src/providers/authress/requests.ts';
const authress = 'packages/login/src/providers/authress.ts';
const http = 'packages/login/src/providers/http.ts';
const pkce = 'packages/login/src/providers/pkce.ts';
const work = 'packages/login/src/providers/proof-of-work.ts';
const verify = 'packages/login/src/tokens/verify.ts';

export const providers = [
  {
    id: 'token-issuer', file: authressRequests, find: "text(claims, 'iss') !== host || ", replace: '',
    why: "A token of another service would make the person whoever that service says they are.",
  },
  {
    id: 'token-client', file: authressRequests, find: '(aimedAt !== undefined && aimedAt !== applicationId)', replace: '(false as boolean)',
    why: 'A token that a person gave to another shop would be good here.',
  },
  {
    id: 'token-lifetime', file: authressRequests, find: 'if (!(lifetimeSeconds > 0)) throw', replace: 'if (false as boolean) throw',
    why: 'A token that is over from the start would be refreshed with every call.',
  },
  {
    id: 'lifetime-by-expires-in', file: authressRequests, find: 'Math.min(expiresInSeconds, (optionalNumber', replace: 'Math.min(Infinity, (optionalNumber',
    why: 'A token that the service ends early would be served to its last minute, and be refused by the shop.',
  },
  {
    id: 'id-token-audience', file: authressRequests, find: '!audience(idToken).includes(applicationId) || ', replace: '',
    why: 'A sign-in at another shop would sign the person in here.',
  },
  {
    id: 'id-token-subject', file: authressRequests, find: " || text(idToken, 'sub') !== text(claims, 'sub')", replace: '',
    why: "The person's name and the person's token could be two people's.",
  },
  {
    id: 'cookie-fresh', file: authressRequests, find: ' && grant.issuedAt >= issuedAt;', replace: ';',
    why: 'A cookie from before the sign-in would turn the clock back: yesterday\'s token in place of the new one.',
  },
  {
    id: 'cookie-new', file: authressRequests, find: 'grant && grant.accessToken !== accessToken && ', replace: 'grant && ',
    why: 'The token that is just over would be taken for its own renewal, again and again.',
  },
  {
    id: 'cookie-of-this-person', file: authressRequests, find: 'if (isNew && (subject ?? grant.subject) === grant.subject) found', replace: 'if (isNew) found',
    why: "One tossed cookie with a stranger's token would keep the person from ever being renewed.",
  },
  {
    id: 'cookie-of-one-person', file: authressRequests, find: 'if (found[0] && found.every((grant) => grant.subject === found[0]?.subject)) return', replace: 'if (found[0]) return',
    why: 'Of two cookies the tossed one would say who has just signed in: the stranger.',
  },
  {
    id: 'cookie-verified', file: authressRequests, find: 'verifyJwt(token, host, keys)', replace: 'Promise.resolve(verifyJwt && keys && readClaims(token))',
    why: "Any other site of the domain could toss a cookie and make the person its own guest.",
  },
  {
    id: 'callback-issuer', file: authressRequests, find: "if ((callback.get('iss') ?? host) !== host) throw", replace: 'if (false as boolean) throw',
    why: 'A code of another service would be taken to this one, and the person to whoever it belongs to.',
  },
  {
    id: 'code-without-error', file: authressRequests, find: 'if (error || !code) throw', replace: 'if (!code) throw',
    why: 'An answer that says it failed would be redeemed all the same.',
  },
  {
    id: 'callback-answered', file: authress, find: 'return state && answered ?', replace: 'return state && url.search ?',
    why: 'An address that only looks like a callback would end the sign-in that is under way.',
  },
  {
    id: 'refusal-words', file: authressRequests, find: "(status, error) => status === 400 || status === 404 || status === 409 || error === 'invalid_grant'", replace: '() => true',
    why: 'A firewall that answers in JSON would end every guest behind it.',
  },
  {
    id: 'resumed-by-the-same-way', file: authressRequests, find: 'return grant.connectionId === pending.connectionId ? grant : null;', replace: 'return grant;',
    why: 'A session that was there before would be taken for the answer to this sign-in.',
  },
  {
    id: 'https-login-host', file: address, find: "url.protocol === 'https:' || (url", replace: "url.protocol === 'https:' || url.protocol === 'http:' || (url",
    why: "Everybody in the same café could read the person's tokens.",
  },
  {
    id: 'safe-address', file: address, find: "return url.protocol === 'https:' || (url.protocol === 'http:' && ", replace: "return url.protocol !== 'http:' || (url.protocol === 'http:' && ",
    why: 'An answer that names a javascript: address would run in the shop, with everything the person has.',
  },
  {
    id: 'loopback-to-the-end', file: address, find: '127(\\.\\d+){3}|\\[::1\\])$/', replace: '127(\\.\\d+){3}|\\[::1\\])/',
    why: 'A host called localhost.evil.example would be taken for the own machine, and be sent tokens in the clear.',
  },
  {
    id: 'no-redirect-followed', file: http, find: "redirect: 'manual'", replace: "redirect: 'follow'",
    why: "A hotel's portal that redirects would be sent the person's token.",
  },
  {
    id: 'pkce-s256', file: pkce, find: 'codeChallenge: await digest(crypto, codeVerifier)', replace: 'codeChallenge: codeVerifier',
    why: 'Whoever sees the address of the sign-in page could redeem the code.',
  },
  {
    id: 'verifier-length', file: pkce, find: 'new Uint8Array(32)', replace: 'new Uint8Array(8)',
    why: "A code's verifier could be guessed, and the state with it.",
  },
  {
    id: 'secure-context', file: pkce, find: 'if (!crypto?.subtle) throw', replace: 'if (false as boolean) throw',
    why: 'Who builds a shop would get a TypeError from the depths in place of "serve it over https".',
  },
  {
    id: 'enough-work', file: work, find: 'hash[0]! >>> 20 === 0xd34', replace: 'hash[0]! >>> 26 === 0x34',
    why: 'The service would refuse the work, and nobody could become a guest.',
  },
  {
    id: 'cookie-length', file: verify, find: 'if (token.length > MAX_TOKEN_LENGTH) return null;', replace: '',
    why: 'A sibling site that tosses a huge cookie would freeze the page of everybody who visited it.',
  },
  {
    id: 'cookie-header', file: verify, find: 'if (crit ?? jwk ?? jku ?? x5u ?? x5c) return null;', replace: '',
    why: 'A token that brings its own key would one day be believed by a reader that looks there first.',
  },
  {
    id: 'cookie-issuer', file: verify, find: '      issuer, algorithms', replace: '      algorithms',
    why: "The service's key signs for other issuers too: a stranger's assertion would be a session.",
  },
  {
    id: 'cookie-algorithms', file: verify, find: 'algorithms: ALGORITHMS, ', replace: '',
    why: 'A signature that nobody here has looked at would count.',
  },
  {
    id: 'private-keys-out', file: verify, find: ' && d === undefined', replace: '',
    why: 'A service that publishes its private key by mistake would have everybody else sign for it.',
  },
];
