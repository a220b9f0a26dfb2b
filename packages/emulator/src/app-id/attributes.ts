import { empty, json } from './answers.ts';
import { Refusal } from './refusal.ts';
import type { Profile } from './profiles.ts';
import { requireAccess } from './tokens.ts';
import type { Visit } from './world.ts';

/** Of all names and values of one person. */
const MOST_BYTES = 100_000;

/** `GET /api/v1/attributes` */
export async function listAttributes(visit: Visit): Promise<Response> {
  const { attributes } = await requireProfile(visit);
  return json(Object.fromEntries(attributes));
}

/** `GET /api/v1/attributes/{name}` */
export async function readAttribute(visit: Visit): Promise<Response> {
  const { attributes } = await requireProfile(visit);
  const { name = '' } = visit.path;
  const value = attributes.get(name);
  if (value === undefined) throw noSuchAttribute();
  return attributeAnswer(visit, name, value);
}

/** `PUT /api/v1/attributes/{name}`: the body is the value, whatever its type is said to be. */
export async function writeAttribute(visit: Visit): Promise<Response> {
  const { attributes } = await requireProfile(visit);
  const { name = '' } = visit.path;
  const value = await visit.request.text();
  const others = [...attributes].filter(([other]) => other !== name);
  if (bytesOf([...others, [name, value]]) > MOST_BYTES) throw new Refusal(413, 'too_large', `The attributes of a profile have ${MOST_BYTES} bytes at most`);
  attributes.set(name, value);
  return visit.world.switches.attributeWriteAnswer === 'empty' ? empty() : attributeAnswer(visit, name, value);
}

/** `DELETE /api/v1/attributes/{name}` */
export async function deleteAttribute(visit: Visit): Promise<Response> {
  const { attributes } = await requireProfile(visit);
  if (!attributes.delete(visit.path['name'] ?? '')) throw noSuchAttribute();
  return empty();
}

/** @throws Refusal, the same one, where the token is no good and where the tenant keeps no attributes */
async function requireProfile(visit: Visit): Promise<Profile> {
  const { profile } = await requireAccess(visit);
  if (visit.world.tenant.profiles === 'inactive') throw new Refusal(401, 'invalid_token', 'The access token is missing, invalid or over');
  return profile;
}

function attributeAnswer({ world: { switches } }: Visit, name: string, value: string): Response {
  switch (switches.attributeSingleShape) {
    case 'flat':
      return json({ [name]: value });
    case 'named':
      return json({ name, value });
    case 'value':
      return json(value);
  }
}

function bytesOf(entries: readonly (readonly [string, string])[]): number {
  return Buffer.byteLength(entries.flat().join(''));
}

function noSuchAttribute(): Refusal {
  return new Refusal(404, 'not_found', 'There is no such attribute');
}
