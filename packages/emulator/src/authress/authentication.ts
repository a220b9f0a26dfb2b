import { isServiceClient, optionalText, type Json } from '@passerby/shared';
import { checkAntiAbuseHash } from './anti-abuse.ts';
import { json, Refusal } from './answers.ts';
import { optionalTexts, readJson } from './body.ts';
import { sharedDomain } from './cookies.ts';
import { requireSession } from './current-session.ts';
import { checkRedirectUrl, isLoopback } from './redirect-url.ts';
import type { AuthenticationRequest, FlowType } from './requests.ts';
import type { Application } from './settings.ts';
import type { Visit, World } from './world.ts';

const FLOW_TYPES: readonly string[] = ['code', 'token', 'id_token'] satisfies FlowType[];

/** `POST /api/authentication`: begins a sign-in or a link, and says where to send the person. */
export async function beginAuthentication(visit: Visit): Promise<Response> {
  const { request, world } = visit;
  const body = await readJson(request);
  const application = findApplication(world, optionalText(body, 'applicationId'));
  const connectionId = optionalText(body, 'connectionId');
  const target = findTarget(world, connectionId);
  const redirectUrl = checkRedirectUrl(optionalText(body, 'redirectUrl'), application);
  const asked = { ...readFlow(body), ...readChallenge(world, body), audiences: optionalTexts(body, 'audiences') };
  if (asked.flow.includes('code') && !asked.codeChallenge) throw new Refusal(400, 'InvalidCodeChallenge', 'The code flow needs a code challenge');

  const link = body['linkIdentity'] === true ? await readLink(visit, target.connectionId) : undefined;
  const hashed = [connectionId, optionalText(body, 'tenantLookupIdentifier'), optionalText(body, 'inviteId'), application.applicationId, body['audiences']];
  await checkAntiAbuseHash(world, optionalText(body, 'antiAbuseHash'), hashed);

  const begun = world.requests.begin({
    ...asked,
    applicationId: application.applicationId,
    connectionId: target.connectionId,
    redirectUrl,
    scope: optionalTexts(body, 'requestedScopes').join(' ') || 'openid profile email',
    link,
  });
  const page = new URL(redirectUrl);
  return json(world, {
    authenticationUrl: authenticationUrl(world, begun, target.url),
    authenticationRequestId: begun.id,
    enableCredentials: !isLoopback(page) && sharedDomain(page, new URL(world.loginOrigin)) !== null,
  });
}

function findApplication(world: World, applicationId: string | undefined): Application {
  const application = world.applications.find((candidate) => candidate.applicationId === applicationId);
  if (!application) throw new Refusal(400, 'InvalidApplication', 'There is no such application');
  return application;
}

/** Where a connection sends people: to the verifier behind a service client, or to the fake provider's own page. */
function findTarget(world: World, connectionId: string | undefined): { connectionId: string; url: string } {
  const serviceClient = world.serviceClients.find(({ clientId }) => clientId === connectionId);
  if (serviceClient) return { connectionId: serviceClient.clientId, url: serviceClient.authorizationUrl };
  const connection = world.connections.find((candidate) => candidate.connectionId === connectionId);
  if (connection) return { connectionId: connection.connectionId, url: `${connection.origin}/authorize` };
  throw new Refusal(400, 'InvalidConnection', 'There is no such connection, and no hosted page to choose one');
}

/** Who gets one more identity. A service client makes guests; it proves nobody. */
async function readLink(visit: Visit, connectionId: string): Promise<AuthenticationRequest['link']> {
  if (isServiceClient(connectionId)) throw new Refusal(400, 'InvalidConnection', 'A service client is no identity to link');
  const { subject, ref } = await requireSession(visit);
  return { subject, sessionRef: ref };
}

function readFlow(body: Json): Pick<AuthenticationRequest, 'flow' | 'responseLocation'> {
  const flow = (optionalText(body, 'flowType') ?? 'token id_token').split(' ').filter(Boolean);
  if (!flow.every((type): type is FlowType => FLOW_TYPES.includes(type))) throw new Refusal(400, 'InvalidFlowType', 'flowType is a list of code, token and id_token');
  const responseLocation = optionalText(body, 'responseLocation') ?? 'cookie';
  if (responseLocation !== 'cookie' && responseLocation !== 'query' && responseLocation !== 'none') {
    throw new Refusal(400, 'InvalidResponseLocation', 'responseLocation is cookie, query or none');
  }
  return { flow, responseLocation };
}

/** Only S256, and 43 letters, which is what a SHA-256 has (RFC 7636 §4.2). */
function readChallenge(world: World, body: Json): Pick<AuthenticationRequest, 'codeChallenge'> {
  const codeChallenge = optionalText(body, 'codeChallenge');
  if (codeChallenge === undefined) return { codeChallenge };
  if (optionalText(body, 'codeChallengeMethod') !== 'S256' || !/^[\w-]{43}$/.test(codeChallenge)) {
    throw new Refusal(400, 'InvalidCodeChallenge', 'The code challenge is not one of S256');
  }
  if (world.switches.pkceChallengeReuse === 'refused' && world.requests.hasSeenChallenge(codeChallenge)) {
    throw new Refusal(400, 'InvalidCodeChallenge', 'The code challenge was used before');
  }
  return { codeChallenge };
}

function authenticationUrl(world: World, { id, connectionId }: AuthenticationRequest, target: string): string {
  const url = new URL(target);
  url.searchParams.set('client_id', connectionId);
  url.searchParams.set('redirect_uri', `${world.loginOrigin}/login`);
  url.searchParams.set('response_type', 'code');
  url.searchParams.set('state', id);
  return url.href;
}
