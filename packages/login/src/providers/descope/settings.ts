/** What the app passed → checked settings. */
import { LoginError } from '@passerby/shared';
import { checkBase, checkMount } from '../code-flow.ts';
import type { DescopeOptions } from '../descope.ts';

export interface Settings {
  readonly projectId: string;
  /** Descope's API, without a slash at its end. */
  readonly base: string;
  /** The tenant that old-generation guests are in; null: guests are of the new generation. */
  readonly guestTenantId: string | null;
  readonly sessions: NonNullable<DescopeOptions['sessions']>;
  /** Where guests come from. */
  readonly guests: { readonly verifier: string } | { readonly flowId: string };
  readonly inputs: Required<NonNullable<DescopeOptions['flowInputs']>>;
}

/** @throws LoginError `config_invalid` */
export function checkDescope({ projectId, baseUrl, generation = 'anonymous_jwt', guestTenantId, verifier, guestFlow, sessions = 'body', flowInputs }: DescopeOptions): Settings {
  const wrong = (problem: string): never => {
    throw new LoginError('config_invalid', problem);
  };
  // It stands before a colon in every credential, and its region in the name of a host.
  if (typeof projectId !== 'string' || !/^\w+$/.test(projectId)) wrong('projectId is the id of a Descope project (P2…)');
  if (generation !== 'anonymous_jwt' && generation !== 'temporary_user') wrong("generation is 'anonymous_jwt' or 'temporary_user'");
  if (generation === 'temporary_user' && !(typeof guestTenantId === 'string' && guestTenantId && verifier)) wrong("generation: 'temporary_user' needs guestTenantId, the tenant that the verifier puts guests in, and verifier");
  if (sessions !== 'body' && sessions !== 'refresh_cookie' && sessions !== 'cookies') wrong("sessions is 'body', 'refresh_cookie' or 'cookies', the same as in the verifier");
  if (!verifier === !guestFlow) wrong('Guests come from a verifier or from a guestFlow: name one of them');
  return {
    projectId, sessions, base: baseUrl === undefined ? regional(projectId) : checkBase(baseUrl, 'baseUrl'),
    guestTenantId: generation === 'temporary_user' ? (guestTenantId ?? null) : null,
    guests: verifier ? { verifier: checkMount(verifier) } : { flowId: guestFlow ?? '' },
    inputs: { email: 'email', code: 'code', interactionId: 'submit', ...flowInputs },
  };
}

/** A project outside the first region has its region's name in its id. */
function regional(projectId: string): string {
  const region = projectId.slice(1, -27);
  return `https://api.${region && `${region}.`}descope.com`;
}
