import { optionalText, type Json } from '@passerby/shared';
import { sha256 } from '../random.ts';
import { checkAntiAbuseHash } from './anti-abuse.ts';
import { json, Refusal } from './answers.ts';
import { readJson } from './body.ts';
import { mintTokens } from './tokens.ts';
import type { Visit, World } from './world.ts';

/**
 * `POST /api/authentication/{id}/tokens`: a code and its verifier for tokens. Bodies are in snake_case (browser SDK) or camelCase
 * (React Native SDK, which sends no antiAbuseHash).
 */
export async function exchangeCode({ request, params, world }: Visit): Promise<Response> {
  const body = await readJson(request);
  const sent = readExchange(body);
  const challenge = await checkVerifier(world, sent.codeVerifier);
  if (sent.antiAbuseHash !== undefined) await checkAntiAbuseHash(world, sent.antiAbuseHash, [sent.clientId, params['id'], sent.code]);

  const found = world.requests.findCode(sent.code);
  if (!found || found.requestId !== params['id']) throw refused('There is no such code');
  const { request: asked, sessionRef } = found;
  if (challenge !== asked.codeChallenge) throw refused('The code verifier is not the one of this code');
  if (sent.clientId !== undefined && sent.clientId !== asked.applicationId) throw refused('The code is for another application');
  if (sent.redirectUrl !== undefined && sent.redirectUrl !== asked.redirectUrl) throw refused('The code is for another redirect URL');
  // After the verifier, so that who merely saw a code cannot end anybody's session with it.
  if (found.use === 'used' && world.switches.codeReuse === 'revokes-session') world.sessions.end(sessionRef);
  if (found.use === 'used') throw refused('The code was used before');
  if (found.isExpired) throw refused('The code has expired');
  const session = world.sessions.find(sessionRef);
  if (!session) throw refused('The session of this code has ended');

  world.requests.markUsed(sent.code);
  return json(world, await mintTokens(world, session));
}

interface Exchange {
  readonly code: string;
  readonly codeVerifier: string;
  readonly clientId: string | undefined;
  readonly redirectUrl: string | undefined;
  readonly antiAbuseHash: string | undefined;
}

function readExchange(body: Json): Exchange {
  const either = (snake: string, camel: string): string | undefined => optionalText(body, snake) ?? optionalText(body, camel);
  const grantType = either('grant_type', 'grantType') ?? 'authorization_code';
  if (grantType !== 'authorization_code') throw new Refusal(400, 'UnsupportedGrantType', 'Only codes are exchanged here', 'unsupported_grant_type');
  return {
    code: either('code', 'code') ?? '',
    codeVerifier: either('code_verifier', 'codeVerifier') ?? '',
    clientId: either('client_id', 'clientId'),
    redirectUrl: either('redirect_uri', 'redirectUrl') ?? optionalText(body, 'redirectUri'),
    antiAbuseHash: either('anti_abuse_hash', 'antiAbuseHash'),
  };
}

/** The challenge of a verifier (RFC 7636 §4.1). @throws Refusal */
async function checkVerifier({ switches }: World, verifier: string): Promise<string> {
  if (!/^[\w.~-]{43,}$/.test(verifier) || verifier.length > switches.pkceVerifierMaxLength) throw refused('The code verifier is malformed');
  return sha256(verifier);
}

/** The browser SDK takes exactly this `error` for "start again". */
function refused(title: string): Refusal {
  return new Refusal(400, 'InvalidRequest', title, 'invalid_request');
}
