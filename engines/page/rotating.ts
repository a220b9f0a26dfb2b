/** The test service's dialect: guests by fetch, one-time refresh tokens, a link by redirect. Written against the public core entry alone. */
import { LoginError, type Provider } from '@passerby/login/core';

type Grant = Awaited<ReturnType<Provider['refresh']>>;
type Ports = Parameters<Provider['refresh']>[1];

export function rotating(serviceUrl: string): Provider {
  const ask = async (path: string, fields: Record<string, string>, ports: Ports): Promise<Grant> => {
    const { status, text } = await post(`${serviceUrl}${path}`, fields, ports);
    if (status === 400 && text.includes('invalid_grant')) throw new LoginError('grant_refused', 'The service refused the grant', { status });
    if (status !== 200) throw new LoginError('server', 'The service failed', { status });
    return toGrant(JSON.parse(text));
  };
  return {
    id: `${serviceUrl} app`,
    isGuestConnection: (connectionId) => connectionId.startsWith('sc_'),
    startGuest: (_request, ports) => ask('/guest', {}, ports),
    async refresh({ renewal }, ports) {
      if (renewal.type !== 'refresh_token') throw new LoginError('grant_refused', 'Nothing to renew with');
      return ask('/token', { refresh_token: renewal.refreshToken }, ports);
    },
    async authorize({ redirectUrl, session }) {
      const state = crypto.randomUUID();
      return { url: `${serviceUrl}/authorize?${new URLSearchParams({ state, redirect_url: redirectUrl, subject: session?.subject ?? '' })}`, state, codeVerifier: '' };
    },
    callbackState(url) {
      const state = url.searchParams.get('state');
      return state && url.searchParams.has('code') ? { state, parameters: ['state', 'code'] } : null;
    },
    exchange: (callback, _pending, ports) => ask('/token', { code: callback.get('code') ?? '' }, ports),
    async endSession(session, ports) {
      await post(`${serviceUrl}/end`, { access_token: session.accessToken }, ports);
    },
  };
}

async function post(url: string, fields: Record<string, string>, ports: Ports): Promise<{ status: number; text: string }> {
  try {
    const response = await ports.fetch(url, { method: 'POST', body: new URLSearchParams(fields), signal: ports.signal });
    return { status: response.status, text: await response.text() };
  } catch (cause) {
    throw new LoginError('network', 'The service could not be reached', { cause });
  }
}

interface Issued {
  readonly subject: string;
  readonly kind: 'guest' | 'user';
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
  readonly iat: number;
}

const toGrant = ({ subject, kind, access_token, refresh_token, expires_in, iat }: Issued): Grant => ({
  subject, kind, accessToken: access_token, renewal: { type: 'refresh_token', refreshToken: refresh_token }, lifetimeMs: expires_in * 1000, issuedAt: iat * 1000,
});
