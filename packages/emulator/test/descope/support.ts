import { decodeJwt, generateKeyPair, type JWTPayload } from 'jose';
import { createDescope, type Descope, type DescopeSettings, type Mail } from '../../src/index.ts';

export const BASE = 'http://descope.shop.localhost:4601';
export const SHOP = 'http://www.shop.localhost:4600';

export interface Shop {
  readonly descope: Descope;
  /** Everything that was mailed, the latest last. */
  readonly mails: Mail[];
  /** Ms since epoch; moves only when a test says so. */
  readonly time: { now: number };
}

/** Made once: it takes longer than most tests. */
const signingKey = generateKeyPair('RS256');

export async function makeShop(changes: Partial<DescopeSettings> = {}): Promise<Shop> {
  const time = { now: Date.now() };
  const mails: Mail[] = [];
  const descope = await createDescope({ signingKey: await signingKey, baseUrl: BASE, appOrigins: [SHOP], now: () => time.now, send: (mail) => void mails.push(mail), ...changes });
  return { descope, mails, time };
}

/** Another project, which signs with another key. */
export const makeOtherShop = async (): Promise<Shop> => makeShop({ signingKey: await generateKeyPair('RS256') });

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
}

export interface Call {
  readonly body?: unknown;
  /** A refresh token. */
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A call with the project's id and, where there is one, a token. */
export async function call({ descope }: Pick<Shop, 'descope'>, route: string, { body, token, headers = {} }: Call = {}): Promise<Answer> {
  const [method = '', path = ''] = route.split(' ');
  const bearer = token === undefined ? descope.projectId : `${descope.projectId}:${token}`;
  const text = body === undefined && method !== 'GET' ? {} : body;
  const response = await descope.handle(new Request(BASE + path, {
    method, headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', ...headers }, ...(text !== undefined && { body: typeof text === 'string' ? text : JSON.stringify(text) }),
  }));
  const answered = await response.text();
  return { status: response.status, body: (answered === '' ? {} : JSON.parse(answered)) as Record<string, unknown>, headers: response.headers };
}

/** A call of the management API. */
export const manage = (shop: Pick<Shop, 'descope'>, route: string, body?: unknown): Promise<Answer> => call(shop, route, { token: shop.descope.managementKey, body });

export interface Tokens {
  readonly session: string;
  readonly refresh: string;
}

export function tokensOf({ status, body }: Answer): Tokens {
  if (status !== 200) throw new Error(JSON.stringify(body));
  return { session: String(body['sessionJwt']), refresh: String(body['refreshJwt']) };
}

export const claimsOf = (token: string): JWTPayload => decodeJwt(token);

export const guest = async (shop: Shop, body: unknown = {}): Promise<Tokens> => tokensOf(await manage(shop, 'POST /v1/mgmt/auth/anonymous', body));

/** The digits of the latest mail. */
export function codeOf({ mails }: Pick<Shop, 'mails'>): string {
  return /\d{6}/.exec(mails.at(-1)?.text ?? '')?.[0] ?? 'no code';
}

/** The address in the latest mail. */
export function linkOf({ mails }: Pick<Shop, 'mails'>): URL {
  return new URL(/http\S+/.exec(mails.at(-1)?.text ?? '')?.[0] ?? 'nowhere:');
}

export const verify = (shop: Shop, loginId: string, code = codeOf(shop)): Promise<Answer> => call(shop, 'POST /v1/auth/otp/verify/email', { body: { loginId, code } });

/** Signs in, or up, by a code in a mail. */
export async function signIn(shop: Shop, loginId: string): Promise<Tokens & { readonly firstSeen: unknown; readonly userId: string }> {
  await call(shop, 'POST /v1/auth/otp/signup-in/email', { body: { loginId } });
  const answer = await verify(shop, loginId);
  const tokens = tokensOf(answer);
  return { ...tokens, firstSeen: answer.body['firstSeen'], userId: String(claimsOf(tokens.session).sub) };
}

/** Asks for another e-mail, as whoever has the refresh token. */
export const askForEmail = (shop: Shop, token: string, body: Readonly<Record<string, unknown>>): Promise<Answer> => call(shop, 'POST /v1/auth/otp/update/email', { token, body });

export const refresh = (shop: Pick<Shop, 'descope'>, token?: string, headers?: Readonly<Record<string, string>>): Promise<Answer> =>
  call(shop, 'POST /v1/auth/refresh', { token, ...(headers && { headers }) });

export const told = ({ status, body }: Answer): string => `${status} ${String(body['errorCode'] ?? '')}`;
