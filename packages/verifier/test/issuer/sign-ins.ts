import { createHash } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import type { IssuerSettings } from '../../src/index.ts';
import { CLIENT, Device, tokensOf, World, type Tokens } from './support.ts';

export const PROVIDER = 'https://id.shop.example';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
const REFRESH_TOKEN = 'urn:ietf:params:oauth:token-type:refresh_token';

type Keys = Readonly<Record<string, Device>>;
type Form = Readonly<Record<string, string>>;

export const linkId = (): string => createHash('sha256').update(String(Math.random())).digest('base64url');

/** An issuer with an OpenID provider, a guest, and what the guest's browser needs to sign somebody in. */
export class SignIns {
  readonly world: World;
  readonly guestKey = new Device();
  readonly newKey = new Device();
  readonly link = linkId();
  readonly guest: Tokens;
  readonly #signer: CryptoKey;

  private constructor(world: World, guest: { readonly key: Device; readonly tokens: Tokens }, signer: CryptoKey) {
    this.world = world;
    this.guestKey = guest.key;
    this.guest = guest.tokens;
    this.#signer = signer;
  }

  static async open(settings: Partial<IssuerSettings> = {}): Promise<SignIns> {
    const pair = await generateKeyPair('ES256', { extractable: true });
    const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'p', alg: 'ES256' }] };
    const world = new World({ provider: { issuer: PROVIDER, jwksUrl: `${PROVIDER}/jwks` }, fetch: async () => Response.json(jwks), ...settings });
    const key = new Device();
    return new SignIns(world, { key, tokens: await world.guest(key) }, pair.privateKey);
  }

  nonceOf(device: Device, id = this.link): string {
    return createHash('sha256').update(`${device.thumbprint}.${id}`).digest('base64url');
  }

  idToken(nonce: string, claims: object = {}): Promise<string> {
    const iat = Math.floor(this.world.time / 1000);
    return new SignJWT({ iss: PROVIDER, aud: CLIENT, sub: 'ada', iat, exp: iat + 3_600, nonce, ...claims }).setProtectedHeader({ alg: 'ES256', kid: 'p', typ: 'JWT' }).sign(this.#signer);
  }

  async proofs(keys: Keys): Promise<Form> {
    const nonce = await this.world.nonce();
    return Object.fromEntries(Object.entries(keys).map(([name, device]) => [name, device.proof({ iat: this.world.time / 1000, nonce })]));
  }

  /** Links the guest to whom the ID token is about. */
  async linked(token: string, { keys = { dpop: this.newKey, subject_dpop: this.guestKey }, form = {}, id = this.link }: { readonly keys?: Keys; readonly form?: Form; readonly id?: string } = {}): Promise<Response> {
    const link = { link_id: id, subject_token: this.guest.refresh_token, subject_token_type: REFRESH_TOKEN, actor_token: token, actor_token_type: ID_TOKEN };
    return this.world.post('/token', { grant_type: EXCHANGE, ...link, ...(await this.proofs(keys)), ...form });
  }

  /** Signs somebody in on a device without a guest. */
  async signedIn(token: string, device = this.newKey, id = this.link): Promise<Response> {
    return this.world.post('/token', { grant_type: EXCHANGE, link_id: id, subject_token: token, subject_token_type: ID_TOKEN, ...(await this.proofs({ dpop: device })) });
  }

  /** This person, signed in on a device of their own. */
  async user(name: string, device = new Device()): Promise<Tokens> {
    const id = linkId();
    return tokensOf(await this.signedIn(await this.idToken(this.nonceOf(device, id), { sub: name }), device, id));
  }

  async ticketOf(form: Form, keys: Keys): Promise<Response> {
    return this.world.post('/token', { grant_type: 'urn:passerby:grant-type:merge-ticket', ...form, ...(await this.proofs(keys)) });
  }
}
