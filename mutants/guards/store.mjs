/** The verifier's store: whose an identity is, what counts once, and what is deleted. What only many connections can get wrong is engines/database's. */
const links = 'packages/verifier/src/store/links.ts';
const memoryLinks = 'packages/verifier/src/store/memory-links.ts';
const memory = 'packages/verifier/src/store/memory.ts';
const sql = 'packages/verifier/src/store/sql.ts';
const sqlLinks = 'packages/verifier/src/store/sql-links.ts';
const cull = 'packages/verifier/src/store/cull.ts';
const database = 'packages/verifier/src/store/database.ts';

export const store = [
  { id: 'owner-stays', file: memoryLinks, find: 'this.#owners.get(nameOf(identity)) ?? heirOf(exchange)', replace: 'heirOf(exchange)', why: 'Whoever signs in as somebody with an account would take it over for the guest they are.' },
  { id: 'owner-stays-sql', file: sqlLinks, find: 'DO UPDATE SET subject = i.subject', replace: 'DO UPDATE SET subject = excluded.subject', why: 'Whoever signs in as somebody with an account would take it over for the guest they are.' },
  { id: 'identity-of-its-issuer', file: memoryLinks, find: 'JSON.stringify([issuer, subject])', replace: 'JSON.stringify([issuer === subject, subject])', why: 'Two providers that name somebody alike would make two people one.' },
  { id: 'gainer-not-revoked', file: links, find: 'isRevoked || ', replace: '', why: 'Who had ended a session could still have it gain an identity.' },
  { id: 'gainer-of-its-kind', file: links, find: 'gainer.kind !== standing.kind || ', replace: '', why: 'Who held the guest before would add an identity of their own to the user.' },
  { id: 'gainer-of-its-generation', file: links, find: ' || gainer.generation !== standing.generation', replace: '', why: 'A session that is over would gain an identity.' },
  { id: 'user-has-a-generation', file: links, find: 'const FIRST_GENERATION = 1;', replace: 'const FIRST_GENERATION = 0;', why: 'Who held the guest before would go on as the user.' },
  { id: 'same-id-token', file: links, find: 'one.proofId === other.proofId && ', replace: '', why: 'Another ID token would be answered with the session of the first.' },
  { id: 'same-new-key', file: links, find: ' && one.thumbprint === other.thumbprint', replace: '', why: 'Who copied an ID token would be given the session.' },
  { id: 'id-token-once-memory', file: memoryLinks, find: 'this.#used.has(exchange.proofId) ? null : ', replace: '', why: 'One sign-in would open two accounts.' },
  { id: 'last-identity-memory', file: memoryLinks, find: "if (user.identities.size === 1) return 'last';", replace: '', why: 'A user could never come back.' },
  { id: 'own-identity-memory', file: memoryLinks, find: "if (!user?.identities.has(name)) return 'unknown';", replace: "if (!user) return 'unknown';", why: 'A user could take an identity off somebody else.' },
  { id: 'ticket-once-memory', file: memory, find: 'return first.key === redemption.key;', replace: 'return true;', why: 'A guest’s things would be carried over twice.' },
  { id: 'exchange-or-nothing', file: sqlLinks, find: 'if (!answer) throw new Refusal();', replace: 'if (!answer) return null as never;', why: 'An identity would be taken by a sign-in that was refused.' },
  { id: 'guest-once', file: sqlLinks, find: 'if (rows.length === 0) throw new Refusal();', replace: '', why: 'An ID token would count twice, and a guest would gain two identities at once.' },
  { id: 'same-exchange', file: sqlLinks, find: 'before && isSame(before, exchange) ? before.answer : null', replace: 'before?.answer ?? null', why: 'Who copied an ID token would be given the session.' },
  { id: 'last-identity', file: sqlLinks, find: "if (rows.length === 1) return 'last';", replace: '', why: 'A user could never come back.' },
  { id: 'own-identity', file: sqlLinks, find: "some((one) => one.issuer === identity.issuer && one.subject === identity.subject)) return 'unknown';", replace: "some(() => true)) return 'unknown';", why: 'A user could take an identity off somebody else.' },
  { id: 'answer-until', file: sqlLinks, find: 'WHERE link_id = $1 AND until > $2', replace: 'WHERE link_id = $1 AND $2::float8 IS NOT NULL', why: 'The answer to an old sign-in could be asked for for ever.' },
  { id: 'gainer-revoked-until', file: sqlLinks, find: 'WHERE session_id = $3 AND until > $4', replace: 'WHERE session_id = $3 AND until < $4', why: 'Who had ended a session could still have it gain an identity.' },
  { id: 'ticket-once', file: sql, find: 'RETURNING key = $2 AS is_same', replace: 'RETURNING key IS NOT NULL AS is_same', why: 'A guest’s things would be carried over twice.' },
  { id: 'revoked-longest-sql', file: sql, find: 'GREATEST(r.until, excluded.until)', replace: 'excluded.until', why: 'Who signs out twice would be signed in again before the last token is over.' },
  { id: 'bucket-refuses', file: sql, find: 'CASE WHEN wait_ms > $3 / 1000 THEN wait_ms ELSE 0 END', replace: '0', why: 'One machine could make guests without end.' },
  { id: 'cull-what-is-over', file: cull, find: ' AND t.${overAt} <= $2', replace: ' AND $2::float8 IS NOT NULL', why: 'Who signed out would be signed in again.' },
  { id: 'cull-not-ahead', file: cull, find: '|| olderThan < 0', replace: '', why: 'A slip of the pen would delete what still counts.' },
  { id: 'tables-missing', file: database, find: 'return hasCode(error, TABLES_MISSING) ?', replace: 'return (false as boolean) ?', why: 'Nobody would know what to do about an empty database.' },
];
