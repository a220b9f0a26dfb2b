/** What an HTTP answer means, and the parsers that both sides share. */
const fields = 'packages/shared/src/fields.ts';
const connection = 'packages/shared/src/connection.ts';
const answers = 'packages/login/src/core/answers.ts';
const claims = 'packages/shared/src/claims.ts';
const json = 'packages/shared/src/wire.ts';

export const wire = [
  {
    id: 'rate-limited', file: answers, find: "if (status === 429) return 'rate_limited';", replace: '',
    why: 'Who clicks too fast would read that the service is broken.',
  },
  {
    id: 'service-failed', file: answers, find: "if (status === 408 || status === 425 || status >= 500) return 'server';", replace: "if (status === 408 || status === 425) return 'server';",
    why: 'A service that fails would be told as one that talks nonsense, and the app would show the wrong page.',
  },
  {
    id: 'only-4xx-refuses', file: answers, find: 'if (status < 400 || status > 499 || error === undefined)', replace: 'if (error === undefined)',
    why: 'A redirect or a crash whose body says "invalid_grant" would end the guest.',
  },
  {
    id: 'app-mistake', file: answers, find: "if (error === 'invalid_client' || error === 'unauthorized_client') return 'config_invalid';", replace: '',
    why: 'A client id with a typo would end every guest of the shop.',
  },
  {
    id: 'refusal-asked', file: answers, find: "if (isRefusal(status, error)) return 'grant_refused';", replace: "if (isRefusal(status, error) || status > 0) return 'grant_refused';",
    why: 'Any error at all would end the guest.',
  },
  {
    id: 'success-is-2xx', file: answers, find: 'if (status >= 200 && status < 300 && data) return data;', replace: 'if (data) return data;',
    why: 'An error in JSON would be taken for a grant.',
  },
  {
    id: 'body-length', file: answers, find: 'if (body.length > MAX_BODY_LENGTH) return null;', replace: '',
    why: "A portal's endless page would freeze the tab while it is parsed.",
  },
  {
    id: 'retry-after-capped', file: answers, find: 'Math.min(Math.max(ms, 0), LONGEST_WAIT_MS)', replace: 'Math.max(ms, 0)',
    why: 'The app would tell the person to come back in eleven days.',
  },
  {
    id: 'error-printable', file: answers, find: "error.slice(0, 60).replace(/[^\\w .:/-]/g, '?')", replace: 'error',
    why: 'Whatever a stranger writes into an answer would stand in the logs and on the page of the shop.',
  },
  {
    id: 'token-length', file: claims, find: 'token.length <= MAX_TOKEN_LENGTH && ', replace: '',
    why: 'A token of 20 MB would be parsed before it is refused, by everybody who gets it.',
  },
  {
    id: 'service-clients-make-guests', file: connection, find: 'azp !== undefined && !isServiceClient(azp) && userConnections', replace: 'azp !== undefined && userConnections',
    why: 'A guest connection that was listed by mistake would make every guest a user.',
  },
  {
    id: 'known-connections-only', file: connection, find: " && userConnections.includes(azp) ? 'user'", replace: " ? 'user'",
    why: 'A session of a connection that nobody knows would count as a user, and could buy on account.',
  },
  {
    id: 'own-text', file: fields, find: "const value = Object.hasOwn(data, name) ? data[name] : undefined;\n  return typeof value === 'string'", replace: "const value = data[name];\n  return typeof value === 'string'",
    why: "An answer without a subject would get one from its prototype, and the person would be somebody a script made up.",
  },
  {
    id: 'own-number', file: fields, find: "const value = Object.hasOwn(data, name) ? data[name] : undefined;\n  return typeof value === 'number'", replace: "const value = data[name];\n  return typeof value === 'number'",
    why: "A token without an end would get one from its prototype.",
  },
  {
    id: 'finite-number', file: fields, find: " && Number.isFinite(value)", replace: '',
    why: 'A token that says it ends at 1e999 would never be refreshed.',
  },
  {
    id: 'lists-are-no-objects', file: json, find: " && !Array.isArray(value)", replace: '',
    why: 'A list would pass for an answer, and the person would be told the wrong thing about it.',
  },
];
