/**
 * Authress: guests through a service-client connection, sign-in and links through the others. The session cookie of the
 * login host renews both. Source: the published @authress/login and the knowledge base on authress.io.
 */
import { isServiceClient, LoginError } from '@passerby/shared';
import { secureUrl } from '../core/address.ts';
import { methodsOf } from './later.ts';
import type { Provider } from './provider.ts';

export interface AuthressOptions {
  /** The login host: the account's custom domain, or its `*.login.authress.io`. */
  readonly authressApiUrl: string;
  /** `app_…` */
  readonly applicationId: string;
  /** The connections that sign users in, besides those this browser asked for; any other session is a guest's. */
  readonly connections?: readonly string[];
}

/**
 * The provider for an Authress account.
 * @throws LoginError `config_invalid`
 */
export function authress({ authressApiUrl, applicationId, connections = [] }: AuthressOptions): Provider {
  const host = loginHost(authressApiUrl);
  if (typeof applicationId !== 'string' || applicationId === '' || isServiceClient(applicationId)) {
    throw new LoginError('config_invalid', 'applicationId is the id of an Authress application (app_…), not of a service client');
  }
  return {
    id: `${host} ${applicationId}`,
    isGuestConnection: isServiceClient,
    guestsFrom: { href: host, crossOrigin: 'use-credentials' },

    callbackState(url) {
      const state = url.searchParams.get('nonce');
      const answered = url.searchParams.has('code') || url.searchParams.has('error');
      const origin = url.searchParams.get('iss') === host && { origin: 'service' as const };
      return state && answered ? { state, ...origin, parameters: ['nonce', 'code', 'iss', 'error', 'error_description', 'expires_in', 'access_token', 'id_token'] } : null;
    },

    ...methodsOf(async (bring) => (await bring(() => import('./authress/requests.ts'))).authressRequests({ host, applicationId, connections }, bring), ['authorize', 'exchange', 'refresh', 'resume', 'unlink', 'endSession']),
  };
}

/** The origin of the login host; a regional API host is the same account's login host. @throws LoginError `config_invalid` */
function loginHost(authressApiUrl: unknown): string {
  const address = typeof authressApiUrl === 'string' ? authressApiUrl.trim() : '';
  const url = secureUrl(address.includes('://') ? address : `https://${address}`);
  if (!url) throw new LoginError('config_invalid', 'authressApiUrl is the address of your Authress login host, such as https://login.example.com (http works for localhost only)');
  // No regular expression where none is needed, see `withoutSlash`.
  return url.hostname.endsWith('.authress.io') ? url.origin.replace(/^(https:\/\/[^.]+)\.[^.]+\.authress\.io$/, '$1.login.authress.io') : url.origin;
}
