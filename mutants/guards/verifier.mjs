/** The server side: who is made a guest. */
const login = 'packages/verifier/src/authress/login.ts';
const assertion = 'packages/verifier/src/authress/assertion.ts';
const rate = 'packages/verifier/src/gate/rate-limit.ts';
const settings = 'packages/verifier/src/settings.ts';
const node = 'packages/verifier/src/node.ts';

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
    id: 'networks-are-forgotten', file: rate, find: 'if (!this.#fullAt.has(network)) this.#makeRoom();', replace: '',
    why: 'A flood from many addresses would fill the memory of the server, and the shop would be down for all.',
  },
  {
    id: 'https-login-url', file: settings, find: 'refuseUnless(isSecure(loginUrl),', replace: 'refuseUnless(URL.canParse(loginUrl),',
    why: "A person's signed ID would travel in the clear.",
  },
  {
    id: 'service-client-no-user', file: settings, find: 'refuseUnless(!isServiceClient(connection),', replace: 'refuseUnless(true as boolean,',
    why: 'With one wrong line in the settings every guest would count as a user.',
  },
  {
    id: 'forwarded-ignored', file: node, find: 'const { trustedProxies = 0 } = options;', replace: 'const { trustedProxies = 1 } = options;',
    why: 'Anybody who writes X-Forwarded-For could make guests without end.',
  },
  {
    id: 'forwarded-from-the-end', file: node, find: 'forwarded.at(-trustedProxies)', replace: 'forwarded.at(0)',
    why: 'Behind a proxy, whoever writes one more address would be somebody else each time.',
  },
];
