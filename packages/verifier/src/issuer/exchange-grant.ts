import { networkOf } from '../gate/address.ts';
import { takeTurn } from '../gate/gate.ts';
import { sha256 } from '../sha256.ts';
import type { Exchanged, Gainer } from '../store/links.ts';
import { Unauthorized } from '../tokens/unauthorized.ts';
import type { SignIn } from '../tokens/id-token.ts';
import { requireRecentSignIn } from './current-session.ts';
import { required, type Asked } from './form.ts';
import type { Grant, GrantParts } from './grant.ts';
import { Refused } from './refused.ts';

const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
const CODE = 'urn:passerby:token-type:code';
const REFRESH_TOKEN = 'urn:ietf:params:oauth:token-type:refresh_token';
/** How long an answer can be asked for again. An ID token is refused by its age before its use is forgotten. */
const ANSWER_MS = 600_000;

/**
 * Turns a person's ID token into a session here: a guest's subject becomes theirs, or they come back to their own (RFC 8693, docs/protocol.md).
 * Everything that was signed is checked first; what it means is one step of the store.
 */
export const exchange: Grant = async (asked, parts) => {
  const { settings, sessions, prove } = parts;
  const linkId = readLinkId(asked);
  const { thumbprint } = await prove(asked, 'dpop', 'needed');
  await takeTurn(`sign-in ${networkOf(asked.clientAddress)}`, settings.rateLimit.network, settings.store);
  const gains = asked.form.get('subject_token_type') === REFRESH_TOKEN ? await readGainer(asked, parts) : null;
  const idToken = await readIdToken(asked, gains ? 'actor_token' : 'subject_token', parts);
  const nonce = sha256(`${gains?.thumbprint ?? thumbprint}.${linkId}`);
  const person = await readPerson(idToken, nonce, parts);
  const done = await settings.store.exchange({
    linkId, thumbprint, proofId: proofIdOf(idToken), sessionId: sessions.newId(), newSubject: sessions.newSubject(),
    identity: { issuer: person.issuer, subject: person.subject }, gainer: gains?.gainer ?? null,
    authTime: person.authTime, until: settings.now() + ANSWER_MS,
  });
  if (!done) throw new Refused('invalid_grant', 'This sign-in was used already, or who began it is somebody else by now: begin it again');
  return answer(done, parts);
};

/** What became of a round trip whose answer was lost, for whoever holds its new key. */
export const linkResult: Grant = async (asked, parts) => {
  const linkId = readLinkId(asked);
  const { thumbprint } = await parts.prove(asked, 'dpop', 'needed');
  const done = await parts.settings.store.exchanged(linkId);
  if (!done || done.thumbprint !== thumbprint) throw new Refused('invalid_grant', 'Nothing was done for this link_id and key');
  return answer(done, parts);
};

/** The session's tokens, also the second time: unless it was ended meanwhile. */
async function answer({ subject, generation, sessionId, thumbprint, authTime }: Exchanged, { settings, sessions }: GrantParts): Promise<object> {
  const standing = await settings.store.standing(subject, sessionId);
  if (standing.revoked || standing.generation !== generation) throw new Refused('invalid_grant', 'This session is over: sign in anew');
  const tokens = await sessions.issue({ id: sessionId, subject, kind: 'user', generation, thumbprint, authTime });
  return { ...tokens, issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' };
}

/** Who gains the identity: whoever has the key of the session whose refresh token this is. */
async function readGainer(asked: Asked, { settings, sessions, prove }: GrantParts): Promise<{ readonly gainer: Gainer; readonly thumbprint: string }> {
  const { thumbprint } = await prove(asked, 'subject_dpop', 'needed');
  const session = await sessions.read(readToken(asked, 'subject_token', REFRESH_TOKEN));
  if (!session) throw new Refused('invalid_grant', 'The session that begins the link is over');
  if (session.thumbprint !== thumbprint) throw new Refused('invalid_dpop_proof', 'subject_dpop is of another key than the one the session is bound to');
  requireRecentSignIn(session, settings.now());
  const { id, subject, kind, generation } = session;
  return { gainer: { subject, kind, generation, sessionId: id }, thumbprint };
}

async function readPerson(idToken: string, nonce: string, { checkIdToken }: GrantParts): Promise<SignIn> {
  if (!checkIdToken) throw new Refused('unsupported_grant_type', 'This issuer is not told of an OpenID provider to sign in at: set provider');
  try {
    return await checkIdToken(idToken, { nonce });
  } catch (error) {
    if (!(error instanceof Unauthorized)) throw error;
    throw error.code === 'keys_unavailable'
      ? new Refused('temporarily_unavailable', "The OpenID provider's keys could not be had: try again", { headers: { 'retry-after': '5' } })
      : new Refused('invalid_grant', error.message);
  }
}

/** The ID token, or what its code is redeemed for where the provider wants a secret for that. */
async function readIdToken(asked: Asked, name: 'subject_token' | 'actor_token', { redeemCode }: GrantParts): Promise<string> {
  if (asked.form.get(`${name}_type`) !== CODE) return readToken(asked, name, ID_TOKEN);
  if (!redeemCode) throw new Refused('unsupported_grant_type', "This issuer redeems no codes: set provider.clientSecret, or have the page redeem them");
  return redeemCode({ code: required(asked.form, name), codeVerifier: required(asked.form, 'code_verifier'), redirectUri: required(asked.form, 'redirect_uri') });
}

function readToken({ form }: Asked, name: 'subject_token' | 'actor_token', type: string): string {
  if (form.get(`${name}_type`) !== type) throw new Refused('invalid_request', `${name}_type is not ${type}`);
  return required(form, name);
}

function readLinkId({ form }: Asked): string {
  const linkId = required(form, 'link_id');
  if (!/^[\w-]{43}$/.test(linkId)) throw new Refused('invalid_request', 'link_id is not 43 characters of base64url');
  return linkId;
}

/** What was signed, without the signature: an ECDSA signature has a second spelling. */
const proofIdOf = (idToken: string): string => sha256(idToken.slice(0, idToken.lastIndexOf('.')));
