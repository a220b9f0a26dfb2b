import type { Person } from '../people.ts';
import { Refusal } from './answers.ts';
import { redeemAssertion } from './assertion.ts';
import type { Identity } from './identities.ts';
import type { AuthenticationRequest } from './requests.ts';
import { returnError, returnToApp } from './return.ts';
import type { Session } from './sessions.ts';
import type { Connection, ServiceClient } from './settings.ts';
import type { Visit, World } from './world.ts';

/** `GET /login`: where verifiers and connections send people back to, with the proof of who they are. */
export async function login({ url, world }: Visit): Promise<Response> {
  const state = url.searchParams.get('state') ?? '';
  const request = findRequest(world, state);
  if (url.searchParams.has('error')) return cancelled(world, request);
  try {
    const proof = await readProof(world, request, url.searchParams);
    // Looked up again: while the proof was read, the same address may have been opened a second time.
    const still = findRequest(world, state);
    return await complete(world, still, proof);
  } catch (error) {
    if (!(error instanceof Refusal) || world.switches.refusedLogin === 'error-page') throw error;
    return returnError(world, request, 'invalid_request');
  }
}

type Proof = { readonly kind: 'guest'; readonly subject: string } | { readonly kind: 'user'; readonly person: Person };

function findRequest(world: World, state: string): AuthenticationRequest {
  const request = world.requests.find(state);
  if (!request) throw new Refusal(400, 'InvalidAuthenticationRequest', 'This sign-in was finished, or took too long');
  return request;
}

function cancelled(world: World, request: AuthenticationRequest): Response {
  world.requests.finish(request);
  if (world.switches.cancelledLogin === 'redirect-error') return returnError(world, request, 'access_denied');
  throw new Refusal(400, 'AccessDenied', 'The sign-in was cancelled');
}

async function readProof(world: World, { id, connectionId }: AuthenticationRequest, query: URLSearchParams): Promise<Proof> {
  const code = query.get('code') ?? '';
  const isAsked = (candidate: ServiceClient): boolean => candidate.clientId === connectionId;
  const client = world.serviceClients.find(isAsked);
  if (client) return { kind: 'guest', subject: await redeemAssertion(world, client, code) };
  const connection = world.connections.find((candidate) => candidate.connectionId === connectionId);
  return { kind: 'user', person: redeemCode(world, { connection, code, state: id, iss: query.get('iss') }) };
}

function redeemCode(world: World, { connection, code, state, iss }: { connection: Connection | undefined; code: string; state: string; iss: string | null }): Person {
  const redeemed = world.connectionCodes.get(code);
  if (!connection || redeemed?.connectionId !== connection.connectionId || redeemed.state !== state || iss !== connection.origin) {
    throw new Refusal(400, 'InvalidCode', 'The connection does not know this code');
  }
  world.connectionCodes.delete(code);
  return redeemed.person;
}

async function complete(world: World, request: AuthenticationRequest, proof: Proof): Promise<Response> {
  world.requests.finish(request);
  if (proof.kind === 'guest') return returnToApp(world, request, beginSession(world, request, { ...proof, person: undefined }));
  const identity = { connectionId: request.connectionId, person: proof.person };
  const outcome = bind(world, request, identity);
  if ('subject' in outcome) return returnToApp(world, request, beginSession(world, request, { ...proof, ...outcome }));
  if (outcome.error === 'identity_in_use' && world.switches.identityInUse === 'error-page') {
    throw new Refusal(409, 'IdentityInUse', 'This identity already belongs to somebody');
  }
  return returnError(world, request, outcome.error);
}

/** Whose identity this is now. One synchronous step: of two people racing for an identity, one gets it. */
function bind(world: World, { link }: AuthenticationRequest, identity: Identity): { subject: string } | { error: 'identity_in_use' | 'session_ended' } {
  const owner = world.identities.subjectOf(identity);
  if (owner !== undefined) {
    const isTaken = link !== undefined && owner !== link.subject && world.switches.identityInUse !== 'login-as-existing';
    return isTaken ? { error: 'identity_in_use' } : { subject: owner };
  }
  // A link is its session's wish: after the session ended (the guest became a user, or logged out) nobody wishes it any more.
  if (link && !world.sessions.find(link.sessionRef)) return { error: 'session_ended' };
  const subject = link?.subject ?? world.identities.newSubject();
  world.identities.bind(identity, subject);
  return { subject };
}

function beginSession(world: World, request: AuthenticationRequest, who: Pick<Session, 'subject' | 'kind' | 'person'>): Session {
  const { connectionId, applicationId, scope, audiences } = request;
  return world.sessions.begin({ subject: who.subject, kind: who.kind, person: who.person, connectionId, applicationId, scope, audiences, appOrigin: new URL(request.redirectUrl).origin });
}
