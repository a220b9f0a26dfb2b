/**
 * A simulated identity service with one browser before it, in two dialects. `cookie`: one session cookie for the whole
 * browser renews whoever it belongs to. `rotation`: refresh tokens that work once; whoever uses one twice ends the session.
 */
export type Dialect = 'cookie' | 'rotation';

/** Everything in this simulation that must not be seen anywhere starts with this. */
export const SECRET = 'SECRET';
export const LOGIN = 'https://login.sim';
export const TOKEN_LIFETIME_MS = 120_000;

export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly bearer: string | null;
}

export interface WireAnswer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter?: string;
}

export type EndCause = 'revoked' | 'signed_out' | 'token_reuse' | 'code_reuse' | 'linked';

/** One sign-in at the service, with all the tokens that follow from it. */
export interface ServiceSession {
  readonly id: string;
  readonly subject: string;
  readonly connectionId: string;
  ended: EndCause | null;
  refreshToken: string;
}

export interface IssuedToken {
  readonly session: ServiceSession;
  readonly expiresAt: number;
}

interface AuthorizationRequest {
  readonly state: string;
  readonly purpose: string;
  readonly connectionId: string;
  readonly redirectUrl: string;
  readonly link: ServiceSession | null;
  code: string | null;
  /** The subject was made for this very request. */
  isNew: boolean;
  codeUse: 'fresh' | 'used';
  session: ServiceSession | null;
}

export interface ServiceSettings {
  readonly dialect: Dialect;
  /** What a link answers when the identity has another subject. */
  readonly identityInUse: 'grant' | 'error';
  /** Whether who signs in for the first time keeps the guest's subject, or gets one of their own. */
  readonly subjects: 'kept' | 'moved';
  readonly now: () => number;
}

export class Service {
  /** The browser's session cookie on the login host. */
  cookie: ServiceSession | null = null;
  /** Whom the cookie renewed last. */
  renewed: string | null = null;
  readonly tokens = new Map<string, IssuedToken>();
  readonly refreshTokens = new Map<string, ServiceSession>();
  /** Subjects that this browser got by a flow of its own. */
  readonly born = new Set<string>();
  /** Guests in the order they were made. */
  readonly minted: string[] = [];
  readonly sessions: ServiceSession[] = [];
  readonly #requests = new Map<string, AuthorizationRequest>();
  /** Whose each identity is; some people have been here before, in other browsers. */
  readonly #owners = new Map([['google ada', 'user-ada'], ['github bob', 'user-bob']]);
  #count = 0;

  constructor(readonly settings: ServiceSettings) {}

  handle(request: WireRequest): WireAnswer {
    switch (`${request.method} ${request.path}`) {
      case 'POST /authorize': return this.#authorize(request);
      case 'POST /guest': return this.#grant(this.#begin(this.#mint(), 'sc_guests'));
      case 'POST /code': return this.#exchange(request);
      case 'POST /refresh': return this.#refresh(text(request.body['refreshToken']));
      case 'PATCH /session': return this.#renew();
      case 'DELETE /session': return this.#end(request);
      case 'DELETE /identity': return request.bearer && this.accepts(request.bearer) ? json(200, {}) : json(401, {});
      default: return json(404, {});
    }
  }

  /** A browser window follows the address; a guest's comes straight back, a person's with `person` (null: they cancel). */
  visit(address: string, person: string | null): string {
    const request = this.#requests.get(new URL(address).searchParams.get('request') ?? '');
    if (!request || request.code) return `${LOGIN}/error`;
    const back = (parameters: Record<string, string>): string => {
      const url = new URL(request.redirectUrl);
      for (const [name, value] of Object.entries({ state: request.state, ...parameters })) url.searchParams.set(name, value);
      return url.href;
    };
    const isGuest = isGuestConnection(request.connectionId);
    if (!isGuest && person === null) return back({ error: 'access_denied' });
    const subject = isGuest ? this.#mint() : this.#bind(request, person ?? '');
    if (subject === 'identity_in_use' || subject === 'session_ended') return back({ error: subject });
    this.born.add(subject);
    request.session = this.#begin(subject, request.connectionId);
    request.code = `${SECRET}-code-${++this.#count}`;
    if (this.settings.dialect === 'cookie') this.cookie = request.session;
    return back({ code: request.code });
  }

  asksForGuest(address: string): boolean {
    return isGuestConnection(this.#requests.get(new URL(address).searchParams.get('request') ?? '')?.connectionId ?? '');
  }

  /** The callback of a sign-in that another browser began. */
  foreignCallback(redirectUrl: string): string {
    const url = new URL(redirectUrl);
    url.searchParams.set('state', `foreign-${++this.#count}`);
    url.searchParams.set('code', `${SECRET}-code-foreign-${this.#count}`);
    return url.href;
  }

  accepts(token: string): boolean {
    const issued = this.tokens.get(token);
    return issued !== undefined && this.settings.now() < issued.expiresAt;
  }

  /** The service gives up whatever session renews this subject, for reasons of its own. */
  revoke(subject: string): void {
    for (const session of this.sessions) if (session.subject === subject) session.ended ??= 'revoked';
  }

  /** Whether this browser could still be renewed as this session. */
  renews(session: ServiceSession): boolean {
    return !session.ended && (this.settings.dialect === 'rotation' || this.cookie?.subject === session.subject);
  }

  #authorize({ body, bearer }: WireRequest): WireAnswer {
    const issued = bearer === null ? undefined : this.tokens.get(bearer);
    if (bearer !== null && !this.accepts(bearer)) return json(401, {});
    const state = `state-${++this.#count}`;
    this.#requests.set(state, {
      state, purpose: text(body['purpose']), connectionId: text(body['connectionId']), redirectUrl: text(body['redirectUrl']),
      link: issued?.session ?? null, code: null, isNew: false, codeUse: 'fresh', session: null,
    });
    return json(200, { url: `${LOGIN}/login?request=${state}`, state });
  }

  #bind(request: AuthorizationRequest, person: string): string {
    const { connectionId, link } = request;
    const identity = `${connectionId} ${person}`;
    const owner = this.#owners.get(identity);
    if (owner !== undefined) return link && owner !== link.subject && this.settings.identityInUse === 'error' ? 'identity_in_use' : owner;
    if (link?.ended) return 'session_ended';
    request.isNew = !link || (this.settings.subjects === 'moved' && isGuestConnection(link.connectionId));
    const subject = request.isNew ? `user-${++this.#count}` : (link?.subject ?? '');
    this.#owners.set(identity, subject);
    return subject;
  }

  #exchange({ body }: WireRequest): WireAnswer {
    const request = this.#requests.get(text(body['state']));
    if (!request?.session || request.code !== body['code'] || !text(body['codeVerifier']).startsWith(SECRET)) return refusal(400, 'invalid_grant');
    if (request.codeUse === 'used') request.session.ended ??= 'code_reuse';
    if (request.codeUse === 'used' || request.session.ended) return refusal(400, 'invalid_grant');
    request.codeUse = 'used';
    const more = request.isNew ? { first_seen: true } : {};
    // One owner: from here on the guest's own renewal is dead.
    if (this.settings.dialect === 'rotation' && request.session.subject === request.link?.subject) {
      for (const session of this.sessions) if (session.subject === request.session.subject && session !== request.session && isGuestConnection(session.connectionId)) session.ended ??= 'linked';
    }
    return this.#grant(request.session, more);
  }

  #refresh(refreshToken: string): WireAnswer {
    const session = this.refreshTokens.get(refreshToken);
    if (!session || session.ended) return refusal(400, 'invalid_grant');
    if (session.refreshToken !== refreshToken) {
      session.ended = 'token_reuse';
      return refusal(400, 'invalid_grant');
    }
    return this.#grant(session);
  }

  #renew(): WireAnswer {
    if (!this.cookie || this.cookie.ended) return refusal(404, 'NotFound');
    this.renewed = this.cookie.subject;
    return this.#grant(this.cookie);
  }

  #end({ body }: WireRequest): WireAnswer {
    const session = this.settings.dialect === 'cookie' ? this.cookie : this.refreshTokens.get(text(body['refreshToken']));
    if (this.settings.dialect === 'cookie') this.cookie = null;
    if (session) session.ended ??= 'signed_out';
    return json(200, {});
  }

  #mint(): string {
    const subject = `guest-${++this.#count}`;
    this.minted.push(subject);
    this.born.add(subject);
    return subject;
  }

  #begin(subject: string, connectionId: string): ServiceSession {
    const session: ServiceSession = { id: `session-${++this.#count}`, subject, connectionId, ended: null, refreshToken: '' };
    this.sessions.push(session);
    return session;
  }

  #grant(session: ServiceSession, more: object = {}): WireAnswer {
    const accessToken = `${SECRET}-token-${++this.#count}-${session.subject}`;
    this.tokens.set(accessToken, { session, expiresAt: this.settings.now() + TOKEN_LIFETIME_MS });
    if (this.settings.dialect === 'rotation') {
      session.refreshToken = `${SECRET}-refresh-${this.#count}-${session.subject}`;
      this.refreshTokens.set(session.refreshToken, session);
    }
    return json(200, {
      access_token: accessToken, subject: session.subject, connection: session.connectionId, iat: Math.floor(this.settings.now() / 1000),
      expires_in: TOKEN_LIFETIME_MS / 1000, ...(session.refreshToken && { refresh_token: session.refreshToken }), ...more,
    });
  }
}

export const isGuestConnection = (connectionId: string): boolean => connectionId.startsWith('sc_');

const json = (status: number, body: object): WireAnswer => ({ status, body: JSON.stringify(body) });
const refusal = (status: number, error: string): WireAnswer => json(status, { error });
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
