import type { JWTPayload } from 'jose';
import type { Json } from '@passerby/shared';
import { readCookie } from '../authress/cookies.ts';
import { randomName } from '../random.ts';
import { newId } from './ids.ts';
import { Refusal } from './refusal.ts';
import type { Family } from './sessions.ts';
import type { User } from './users.ts';
import type { Visit, World } from './world.ts';

/** What a sign-in or a refresh comes to. */
export interface Issued {
  readonly sessionJwt: string;
  /** Empty where the refresh token stays the one it is. */
  readonly refreshJwt: string;
  readonly session: JWTPayload;
  readonly refresh: JWTPayload;
  /** Undefined for somebody anonymous. */
  readonly user: User | undefined;
  readonly firstSeen: boolean;
}

/** A refresh token that is good, and whose it is. */
export interface Held {
  readonly claims: JWTPayload;
  readonly family: Family;
  /** Undefined for somebody anonymous. */
  readonly user: User | undefined;
}

type Method = 'email' | 'pwd' | 'oauth';

/** What Descope says itself in its tokens; everything else is a custom claim. */
const OWN_CLAIMS: readonly string[] = ['iss', 'sub', 'aud', 'iat', 'nbf', 'exp', 'jti', 'drn', 'rexp', 'amr', 'danu', 'dct', 'tenants', 'roles', 'permissions'];

export function customOf(claims: Json): Json {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !OWN_CLAIMS.includes(name)));
}

export function ownOf(claims: Json): Json {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => OWN_CLAIMS.includes(name)));
}

/** A user's new session. */
export async function beginSession(world: World, { user, firstSeen, method }: { readonly user: User; readonly firstSeen: boolean; readonly method: Method }): Promise<Issued> {
  const { refreshSeconds } = world.tenants.strictest([...user.tenants.keys()], world.lifetimes);
  const refresh = await mintRefresh(world, { family: world.sessions.begin(user.userId), claims: { amr: [method] }, refreshSeconds });
  return { ...refresh, ...(await mintSession(world, refresh.refresh, user)), user, firstSeen };
}

export interface Anonymous {
  readonly customClaims?: Json | undefined;
  readonly selectedTenant?: string | undefined;
  readonly refreshSeconds?: number | undefined;
}

/** A session of nobody in particular: there is no user behind it. @throws Refusal */
export async function beginAnonymous(world: World, { customClaims = {}, selectedTenant, refreshSeconds }: Anonymous): Promise<Issued> {
  const tenantIds = selectedTenant === undefined ? [] : [world.tenants.get(selectedTenant).id];
  const [dct] = tenantIds;
  const claims = { ...customOf(customClaims), danu: true, ...(dct !== undefined && { dct, tenants: { [dct]: {} } }) };
  const seconds = refreshSeconds ?? world.tenants.strictest(tenantIds, world.lifetimes).refreshSeconds;
  const refresh = await mintRefresh(world, { family: world.sessions.begin(newId('U2')), claims, refreshSeconds: seconds });
  return { ...refresh, ...(await mintSession(world, refresh.refresh, undefined)), user: undefined, firstSeen: false };
}

/** A new session token, and where they rotate a refresh token that lives no longer than the one before. */
export async function renewSession(world: World, { claims, family, user }: Held): Promise<Issued> {
  if (world.switches.refreshRotates === 'no') return { refreshJwt: '', refresh: claims, ...(await mintSession(world, claims, user)), user, firstSeen: false };
  world.sessions.spend(String(claims.jti));
  const refresh = await mintRefresh(world, { family, claims, refreshSeconds: Number(claims.exp) - seconds(world) });
  return { ...refresh, ...(await mintSession(world, refresh.refresh, user)), user, firstSeen: false };
}

/** A refresh token of a family that has these claims; others of it stay good. */
export async function mintRefresh(world: World, { family, claims, refreshSeconds }: { readonly family: Family; readonly claims: JWTPayload; readonly refreshSeconds: number }): Promise<Pick<Issued, 'refreshJwt' | 'refresh'>> {
  const iat = seconds(world);
  const refresh = { ...claims, drn: 'DSR', iss: issuerOf(world), sub: family.subject, iat, exp: iat + refreshSeconds, jti: randomName() };
  world.sessions.note(refresh.jti, family, refresh.exp * 1000);
  return { refreshJwt: await world.keys.sign(refresh), refresh };
}

async function mintSession(world: World, refresh: JWTPayload, user: User | undefined): Promise<Pick<Issued, 'sessionJwt' | 'session'>> {
  const iat = seconds(world);
  const tenants = user ? Object.fromEntries([...user.tenants].map(([id, roles]) => [id, roles.length === 0 ? {} : { roles }])) : asTenants(refresh['tenants']);
  const tenantIds = Object.keys(tenants);
  // A token of somebody in one tenant is a token for it.
  const dct = refresh['dct'] ?? (tenantIds.length === 1 ? tenantIds[0] : undefined);
  const { sessionSeconds } = world.tenants.strictest(tenantIds, world.lifetimes);
  const refreshExp = Number(refresh.exp);
  const session: JWTPayload = {
    ...customOf(refresh),
    ...(refresh['amr'] !== undefined && { amr: refresh['amr'] }),
    ...(refresh['danu'] === true && { danu: true }),
    ...(tenantIds.length > 0 && { dct, tenants }),
    ...(user && user.roleNames.length > 0 && { roles: user.roleNames }),
    drn: 'DS', iss: issuerOf(world), sub: String(refresh.sub), iat, exp: Math.min(iat + sessionSeconds, refreshExp),
    rexp: new Date(refreshExp * 1000).toISOString().replace('.000Z', 'Z'),
  };
  return { sessionJwt: await world.keys.sign(session), session };
}

/** Whoever asks with a refresh token, in `Authorization` or in its cookie. @throws Refusal */
export async function requireRefresh({ world, bearer, request }: Pick<Visit, 'world' | 'bearer' | 'request'>): Promise<Held> {
  const token = bearer ?? (world.switches.sessions === 'body' ? undefined : readCookie(request, 'DSR'));
  if (token === undefined || token === '') throw new Refusal('token_missing', 'A refresh token is needed');
  const claims = await readToken(world, token);
  if (claims?.['drn'] !== 'DSR') throw new Refusal('token_invalid', 'The refresh token is invalid or over');
  return holderOf(world, claims);
}

/** What a token of this project says that is not over; undefined for anything else. */
export async function readToken(world: World, token: string): Promise<JWTPayload | undefined> {
  return world.keys.read(token, world.now());
}

/** @throws Refusal */
export function holderOf({ sessions, users, switches }: World, claims: JWTPayload): Held {
  const subject = String(claims.sub);
  const user = users.find(subject);
  const known = sessions.find(String(claims.jti));
  const isGone = claims['danu'] !== true && !user;
  if (isGone && switches.deletedUser === 'not_found') throw new Refusal('user_gone', 'Cannot find user');
  if (isGone || !known) throw new Refusal('logged_out', 'The session was ended');
  if (known.isSpent) throw new Refusal('token_spent', 'Another refresh token took its place');
  return { claims, family: known.family, user: claims['danu'] === true ? undefined : user };
}

function asTenants(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function issuerOf({ switches, baseUrl, projectId }: World): string {
  return switches.issuer === 'project' ? projectId : `${baseUrl}/v1/apps/${projectId}`;
}

function seconds({ now }: World): number {
  return Math.floor(now() / 1000);
}
