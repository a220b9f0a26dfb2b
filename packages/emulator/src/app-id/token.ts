import { createHash } from 'node:crypto';
import { asObject } from '@passerby/shared';
import { json } from './answers.ts';
import { findGuest } from './authorization.ts';
import type { Profile } from './profiles.ts';
import { invalidGrant, invalidRequest, Refusal } from './refusal.ts';
import type { AppIdClient } from './settings.ts';
import { issueTokens, renewableProfile } from './tokens.ts';
import type { Visit, World } from './world.ts';

/** The fields of a form, of either encoding, or of JSON. */
type Fields = Readonly<Record<string, string>>;

interface Asked {
  readonly world: World;
  readonly client: AppIdClient;
  /** What stands behind the client's id in `Authorization`: its secret, or the verifier of PKCE. */
  readonly proof: string;
  readonly fields: Fields;
}

/** `POST /oauth/v4/{tenant}/token` */
export async function token({ request, world }: Visit): Promise<Response> {
  const fields = await readFields(request);
  const { client, proof } = authenticateClient(world, request);
  const asked: Asked = { world, client, proof, fields };
  switch (fields['grant_type']) {
    case 'authorization_code':
      return json(await redeemCode(asked));
    case 'refresh_token':
      return json(await renew(asked));
    case 'password':
      return json(await signInByPassword(asked));
    default:
      throw new Refusal(400, 'unsupported_grant_type', 'There is no such grant here');
  }
}

/** The client that asks, by its secret in `Authorization`; a single-page application has a verifier in its place, which is checked with the code. @throws Refusal */
export function authenticateClient({ clients }: World, request: Request): { readonly client: AppIdClient; readonly proof: string } {
  const [, encoded = ''] = /^Basic ([A-Za-z0-9+/=_-]+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  const [, clientId = '', proof = ''] = /^([^:]+):(.+)$/.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  const client = clients.find((one) => one.clientId === clientId);
  if (!client || (client.secret !== undefined && client.secret !== proof)) throw new Refusal(401, 'invalid_client', 'The client or its secret is wrong');
  return { client, proof };
}

/** @throws Refusal */
export async function readFields(request: Request): Promise<Fields> {
  const type = request.headers.get('content-type') ?? '';
  try {
    if (type.startsWith('application/json')) return textsOf(Object.entries(asObject(await request.json()) ?? {}));
    return textsOf([...(await request.formData()).entries()]);
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError) throw invalidRequest('The body is no form');
    throw error;
  }
}

function textsOf(entries: readonly (readonly [string, unknown])[]): Fields {
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, string] => typeof entry[1] === 'string'));
}

async function redeemCode({ world, client, proof, fields }: Asked): Promise<Readonly<Record<string, unknown>>> {
  const { code = '' } = fields;
  const granted = world.codes.get(code);
  world.codes.delete(code);
  if (!granted) throw invalidGrant('The code is unknown, over, or was used');
  if (granted.client !== client || granted.target.redirectUri !== fields['redirect_uri']) throw invalidGrant('The code was given to another client or address');
  const verifier = client.secret === undefined ? proof : fields['code_verifier'];
  if (granted.challenge !== undefined && !isVerifierOf(granted.challenge, verifier ?? '')) throw invalidGrant('The code_verifier is wrong');
  const { identity, guestId, nonce } = granted;
  const profile = identity ? world.profiles.signIn(identity, guestId, world.switches) : guestProfile(world, guestId);
  return issueTokens(world, { client, profile, nonce });
}

async function renew({ world, client, fields }: Asked): Promise<Readonly<Record<string, unknown>>> {
  const profile = renewableProfile(world, client, fields['refresh_token'] ?? '');
  const guestId = await guestOf(world, fields);
  const renewed = profile.identity ? world.profiles.signIn(profile.identity, guestId, world.switches) : profile;
  return issueTokens(world, { client, profile: renewed });
}

async function signInByPassword({ world, client, fields }: Asked): Promise<Readonly<Record<string, unknown>>> {
  if (client.secret === undefined) throw new Refusal(400, 'unauthorized_client', 'A single-page application has no passwords');
  const identity = world.directory.find(fields['username'] ?? '', fields['password'] ?? '');
  if (!identity) throw invalidGrant('The e-mail or the password is wrong');
  return issueTokens(world, { client, profile: world.profiles.signIn(identity, await guestOf(world, fields), world.switches) });
}

/** The anonymous profile that a form asks to attach. @throws Refusal */
async function guestOf(world: World, { appid_access_token: token }: Fields): Promise<string | undefined> {
  if (token === undefined) return undefined;
  const guestId = await findGuest(world, token);
  if (guestId === undefined && world.switches.deadAnonymousToken === 'error') throw invalidRequest('The appid_access_token is invalid or over');
  return guestId;
}

/** A new guest, or the one who renews. @throws Refusal where they became a user meanwhile */
function guestProfile({ profiles }: World, guestId: string | undefined): Profile {
  if (guestId === undefined) return profiles.addAnonymous();
  const profile = profiles.find(guestId);
  if (profile?.kind !== 'anonymous') throw invalidGrant('The anonymous profile is attached, or gone');
  return profile;
}

/** As RFC 7636 has it, or as the vendor's browser SDK does: base64 of the digest in hex. */
function isVerifierOf(challenge: string, verifier: string): boolean {
  const digest = createHash('sha256').update(verifier).digest();
  const hex = Buffer.from(digest.toString('hex')).toString('base64');
  return [digest.toString('base64url'), hex, hex.replace(/=+$/, '')].includes(challenge);
}
