import { anonymousBody, json } from './answers.ts';
import { Refusal } from './refusal.ts';
import { configure } from './tenants.ts';
import { beginAnonymous, customOf, holderOf, mintRefresh, ownOf, readToken } from './tokens.ts';
import { optionalCount, optionalObject, optionalText, requiredText } from './wire.ts';
import type { Visit } from './world.ts';

/** `GET /v1/mgmt/license` */
export function license(): Response {
  return json({ license: '' });
}

/** `POST /v1/mgmt/auth/anonymous` */
export async function anonymous({ body, world }: Visit): Promise<Response> {
  const [customClaims, selectedTenant] = [optionalObject(body, 'customClaims'), optionalText(body, 'selectedTenant')];
  const issued = await beginAnonymous(world, { customClaims, selectedTenant: selectedTenant === '' ? undefined : selectedTenant, refreshSeconds: optionalCount(body, 'refreshDuration') || undefined });
  return json(anonymousBody(world, issued));
}

/** `POST /v1/mgmt/jwt/update`: the same token again, with other custom claims. */
export async function updateJwt({ body, world }: Visit): Promise<Response> {
  const claims = await readToken(world, requiredText(body, 'jwt'));
  if (!claims) throw new Refusal('token_invalid', 'The token is invalid or over');
  if (claims['danu'] === true && world.switches.anonymousJwtUpdate === 'refused') throw new Refusal('user_unknown', 'There is no user behind an anonymous token');
  const kept = world.switches.unnamedClaims === 'kept' ? claims : ownOf(claims);
  const next = { ...kept, ...customOf(optionalObject(body, 'customClaims') ?? {}) };
  if (claims['drn'] !== 'DSR') return json({ jwt: await world.keys.sign(next) });
  const { family } = holderOf(world, claims);
  const refreshSeconds = optionalCount(body, 'refreshDuration') || Number(claims.exp) - Math.floor(world.now() / 1000);
  return json({ jwt: (await mintRefresh(world, { family, claims: next, refreshSeconds })).refreshJwt });
}

/** `POST /v1/mgmt/tenant/create` */
export function createTenant({ body, world }: Visit): Response {
  const { id } = world.tenants.add({ id: optionalText(body, 'id'), name: requiredText(body, 'name') });
  return json({ id });
}

/** `GET /v1/mgmt/tenant?id=` */
export function loadTenant({ url, world }: Visit): Response {
  const { id, name } = world.tenants.get(url.searchParams.get('id') ?? '');
  return json({ id, name, selfProvisioningDomains: [], customAttributes: {} });
}

/** `GET /v1/mgmt/tenant/settings?id=` */
export function tenantSettings({ url, world }: Visit): Response {
  return json({ selfProvisioningDomains: [], domains: [], authType: 'none', enabled: false, ...world.tenants.get(url.searchParams.get('id') ?? '').settings });
}

/** `POST /v1/mgmt/tenant/settings` */
export function configureTenant({ body: { tenantId, ...settings }, world }: Visit): Response {
  configure(world.tenants.get(typeof tenantId === 'string' ? tenantId : ''), settings, world.lifetimes);
  return json({});
}
