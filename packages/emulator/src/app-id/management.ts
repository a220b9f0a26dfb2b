import { asObject, type Json } from '@passerby/shared';
import { empty, json } from './answers.ts';
import { invalidRequest, Refusal } from './refusal.ts';
import type { AppIdTenant } from './settings.ts';
import type { Visit } from './world.ts';

/** `GET /management/v4/{tenant}/config/tokens` */
export function tokensConfig(visit: Visit): Response {
  requireOwner(visit);
  const { accessTokenSeconds, refreshTokens, refreshTokenSeconds, anonymousUsers, anonymousTokenSeconds } = visit.world.tenant;
  return json({
    access: { expires_in: accessTokenSeconds },
    refresh: { enabled: refreshTokens === 'on', expires_in: refreshTokenSeconds },
    anonymousAccess: { enabled: anonymousUsers === 'allowed', expires_in: anonymousTokenSeconds },
  });
}

/** `PUT /management/v4/{tenant}/config/tokens`: what is not said stays as it is. */
export async function configureTokens(visit: Visit): Promise<Response> {
  requireOwner(visit);
  const { world } = visit;
  const body = await readJson(visit.request);
  const [access, refresh, anonymous] = ['access', 'refresh', 'anonymousAccess'].map((name) => asObject(body[name]) ?? {});
  const changed: Partial<AppIdTenant> = {
    ...seconds('accessTokenSeconds', access, { least: 300, most: 86_400 }),
    ...seconds('refreshTokenSeconds', refresh, { least: 86_400, most: 7_776_000 }),
    ...seconds('anonymousTokenSeconds', anonymous, { least: 86_400, most: 7_776_000 }),
    ...(typeof refresh?.['enabled'] === 'boolean' && { refreshTokens: refresh['enabled'] ? 'on' : 'off' }),
    ...(typeof anonymous?.['enabled'] === 'boolean' && { anonymousUsers: anonymous['enabled'] ? 'allowed' : 'forbidden' }),
  };
  world.tenant = { ...world.tenant, ...changed };
  return tokensConfig(visit);
}

/** `GET /management/v4/{tenant}/config/users_profile` */
export function profilesConfig(visit: Visit): Response {
  requireOwner(visit);
  return json({ isActive: visit.world.tenant.profiles === 'active' });
}

/** `PUT /management/v4/{tenant}/config/users_profile` */
export async function configureProfiles(visit: Visit): Promise<Response> {
  requireOwner(visit);
  const { isActive } = await readJson(visit.request);
  if (typeof isActive !== 'boolean') throw invalidRequest('The isActive is missing');
  visit.world.tenant = { ...visit.world.tenant, profiles: isActive ? 'active' : 'inactive' };
  return empty();
}

/** `DELETE /management/v4/{tenant}/users/{id}/profile` */
export function deleteProfile(visit: Visit): Response {
  requireOwner(visit);
  const { world, path } = visit;
  const profile = world.profiles.find(path['id'] ?? '');
  if (!profile) throw new Refusal(404, 'not_found', 'There is no such profile');
  world.profiles.delete(profile);
  return empty();
}

/** @throws Refusal */
function requireOwner({ request, world }: Visit): void {
  if (request.headers.get('authorization') !== `Bearer ${world.iamToken}`) throw new Refusal(401, 'unauthorized', 'The IAM token is missing or wrong');
}

/** @throws Refusal where it is outside of what the service allows */
function seconds(name: keyof AppIdTenant, part: Json | undefined, { least, most }: { readonly least: number; readonly most: number }): Partial<AppIdTenant> {
  const value = part?.['expires_in'];
  if (value === undefined) return {};
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) throw invalidRequest(`An expires_in is ${least} to ${most} here`);
  return { [name]: value };
}

async function readJson(request: Request): Promise<Json> {
  try {
    return asObject(await request.json()) ?? {};
  } catch (error) {
    if (error instanceof SyntaxError) throw invalidRequest('The body is no JSON');
    throw error;
  }
}
