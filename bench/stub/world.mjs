/** What the make-believe services of the peers remember, and the tokens they give out. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** An hour, as with most services. */
export const TOKEN_SECONDS = 3_600;

export const newId = () => randomBytes(18).toString('base64url');

/** Refresh tokens are good once: who uses one a second time loses the session, as the services do it that rotate them. */
export class World {
  /** How far its clock is ahead of the system's: how a token expires while somebody measures. */
  clockShiftMs = 0;
  #signer = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  #sessions = new Map();
  #refreshTokens = new Map();
  #codes = new Map();

  now() {
    return Date.now() + this.clockShiftMs;
  }

  seconds() {
    return Math.floor(this.now() / 1_000);
  }

  /** The key that its tokens are signed with, for `/jwks`. */
  get publicKey() {
    return { ...this.#signer.publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'RS256', use: 'sig' };
  }

  token(claims, header = {}) {
    const issuedAt = this.seconds();
    const parts = [{ alg: 'RS256', typ: 'JWT', kid: 'bench', ...header }, { iat: issuedAt, exp: issuedAt + TOKEN_SECONDS, jti: newId(), ...claims }];
    const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${signed}.${sign('sha256', Buffer.from(signed), this.#signer.privateKey).toString('base64url')}`;
  }

  /** A session of somebody new, with its first refresh token. */
  newSession() {
    const session = { id: newId(), subject: `guest_${newId()}`, since: this.seconds(), isLive: true };
    this.#sessions.set(session.id, session);
    return { session, refreshToken: this.#newRefreshToken(session) };
  }

  /** The session of this refresh token and the token that comes after it; null where it was used before, which also ends the session. */
  rotate(refreshToken) {
    const known = this.#refreshTokens.get(refreshToken);
    if (!known?.session.isLive) return null;
    if (known.isUsed) {
      known.session.isLive = false;
      return null;
    }
    known.isUsed = true;
    return { session: known.session, refreshToken: this.#newRefreshToken(known.session) };
  }

  /** The session of a refresh token that does not rotate; null: unknown. */
  sessionOf(refreshToken) {
    return this.#refreshTokens.get(refreshToken)?.session ?? null;
  }

  /** Keeps what belongs to a code, which is good once. */
  newCode(details) {
    const code = newId();
    this.#codes.set(code, details);
    return code;
  }

  detailsOf(code) {
    return this.#codes.get(code) ?? null;
  }

  redeemCode(code) {
    const details = this.detailsOf(code);
    this.#codes.delete(code);
    return details;
  }

  #newRefreshToken(session) {
    const refreshToken = newId() + newId();
    this.#refreshTokens.set(refreshToken, { session, isUsed: false });
    return refreshToken;
  }
}
