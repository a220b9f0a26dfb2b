/** Several issuers of one shop on one database, and people who sign in at its provider. */
import { Pool, type PoolConfig } from 'pg';
import { createIssuer, type Issuer, type Store } from '../../packages/verifier/src/index.ts';
import { sqlStore, type PoolClient } from '../../packages/verifier/src/sql.ts';
import { CLIENT, Device, GUEST_GRANT, ISSUER, makeSigningKey, NOW, NOW_SECONDS, SHOP, type Tokens } from '../../packages/verifier/test/issuer/support.ts';
import { jwt, makeSigner, sha256 } from '../../packages/verifier/test/tokens/signers.ts';

const PROVIDER = 'https://login.provider.example';
const FAST = { burst: 1_000_000, perSecond: 1_000 };
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
const REFRESH_TOKEN = 'urn:ietf:params:oauth:token-type:refresh_token';

export type Form = Readonly<Record<string, string>>;

/** Somebody's browser: a guest with its key and refresh token. */
export interface Visitor {
  readonly device: Device;
  readonly subject: string;
  readonly refreshToken: string;
}

/** One statement of a transaction is on its way; whoever listens may cut the connection first. */
export type Meddle = (moment: { readonly statement: number; readonly when: 'before' | 'after'; readonly processId: number }) => Promise<void>;

export class Issuers {
  readonly store: Store;
  readonly #issuers: readonly Issuer[];
  readonly #pools: readonly Pool[];
  readonly #signer = makeSigner('ES256', 'provider');
  #nonce = '';
  #turn = 0;

  constructor(connection: PoolConfig, { instances, meddle }: { readonly instances: number; readonly meddle?: Meddle }) {
    const keys = { keys: [makeSigningKey('first')] };
    this.#pools = Array.from({ length: instances }, () => new Pool({ ...connection, max: 20 }));
    // What was cut is told to whoever was using it; this is about the idle ones.
    for (const pool of this.#pools) pool.on('error', () => undefined);
    const stores = this.#pools.map((pool, i) => sqlStore(i === 0 && meddle ? meddling(pool, meddle) : pool, { now: () => NOW }));
    this.store = stores.at(-1) as Store;
    this.#issuers = stores.map((store) => createIssuer({
      issuer: ISSUER, keys, clientId: CLIENT, origins: [SHOP], store, now: () => NOW, rateLimit: { network: FAST, key: FAST },
      provider: { issuer: PROVIDER, jwksUrl: `${PROVIDER}/jwks` }, fetch: async () => Response.json({ keys: [this.#signer.jwk] }),
    }));
  }

  /** Asks one instance, or each in turn. */
  async post(form: Form, instance = (this.#turn += 1) % this.#issuers.length): Promise<Response> {
    const body = new URLSearchParams({ client_id: CLIENT, ...form });
    const answer = await (this.#issuers[instance] as Issuer).handler(new Request(`${ISSUER}/token`, { method: 'POST', body, headers: { origin: SHOP } }), { clientAddress: '203.0.113.7' });
    this.#nonce = answer.headers.get('dpop-nonce') ?? this.#nonce;
    return answer;
  }

  async visitor(): Promise<Visitor> {
    const device = new Device();
    const tokens = (await (await this.post({ grant_type: GUEST_GRANT, dpop: device.proof() })).json()) as Tokens;
    return { device, subject: device.subject, refreshToken: tokens.refresh_token };
  }

  /** What a browser sends after this person signed in. */
  link({ device, refreshToken }: Visitor, person: string, key = new Device()): Form {
    const linkId = sha256(`${Math.random()}`);
    const idToken = jwt(this.#signer, { alg: 'ES256', kid: 'provider', typ: 'JWT' }, {
      iss: PROVIDER, aud: CLIENT, sub: person, iat: NOW_SECONDS, exp: NOW_SECONDS + 300, nonce: sha256(`${device.thumbprint}.${linkId}`),
    });
    return {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: refreshToken, subject_token_type: REFRESH_TOKEN, actor_token: idToken, actor_token_type: ID_TOKEN,
      subject_dpop: device.proof({ nonce: this.#nonce }), dpop: key.proof({ nonce: this.#nonce }), link_id: linkId,
    };
  }

  renew({ device, refreshToken }: Visitor): Promise<Response> {
    return this.post({ grant_type: 'refresh_token', refresh_token: refreshToken, dpop: device.proof({ nonce: this.#nonce }) });
  }

  identity(person: string): { readonly issuer: string; readonly subject: string } {
    return { issuer: PROVIDER, subject: person };
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.end()));
  }
}

/** The pool, with somebody who looks on at each statement of its transactions. */
function meddling(pool: Pool, meddle: Meddle): { query: Pool['query']; connect(): Promise<PoolClient> } {
  return {
    query: pool.query.bind(pool),
    async connect() {
      const client = await pool.connect();
      const { rows: [own] } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const processId = own?.pid ?? 0;
      let statement = 0;
      return {
        on: (event, listener) => client.on(event, listener),
        off: (event, listener) => client.off(event, listener),
        release: (error) => client.release(error),
        async query(sql, values) {
          statement += 1;
          await meddle({ statement, when: 'before', processId });
          const result = await client.query(sql, values);
          await meddle({ statement, when: 'after', processId });
          return result;
        },
      };
    },
  };
}
