/** The provider for the simulated service, in its two dialects; requests and their judging are the real ones. */
import { LoginError, optionalText, text, type Grant, type Json } from '@passerby/shared';
import { oauthRefusal, type Refusal } from '../../src/core/answers.ts';
import type { ProviderPorts } from '../../src/ports/ports.ts';
import { send } from '../../src/providers/http.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { isGuestConnection, LOGIN, SECRET, type Dialect } from './service.ts';

const REFUSALS: Readonly<Record<Dialect, Refusal>> = { cookie: (status) => status === 404, rotation: oauthRefusal };

export function simulatedProvider(dialect: Dialect): Provider {
  const ask = (method: string, path: string, ports: ProviderPorts, { body = {}, bearer, isRefusal = oauthRefusal }: { body?: Json; bearer?: string | undefined; isRefusal?: Refusal } = {}): Promise<Json> =>
    send({ method, url: `${LOGIN}${path}`, body, credentials: 'include', isRefusal, ...(bearer !== undefined && { bearer }) }, ports);

  const toGrant = (data: Json, known: readonly (string | undefined)[]): Grant => {
    const connectionId = text(data, 'connection');
    const refreshToken = optionalText(data, 'refresh_token');
    return {
      subject: text(data, 'subject'), accessToken: text(data, 'access_token'), connectionId,
      // With a cookie, as with Authress, only a connection that somebody asked for signs users in.
      kind: isGuestConnection(connectionId) || (dialect === 'cookie' && !known.includes(connectionId)) ? 'guest' : 'user',
      renewal: refreshToken === undefined ? { type: 'cookie' } : { type: 'refresh_token', refreshToken },
      lifetimeMs: Number(data.expires_in) * 1000, issuedAt: Number(data.iat) * 1000,
    };
  };

  const provider: Provider = {
    id: `sim ${dialect}`,
    isGuestConnection,
    async authorize({ purpose, connectionId, redirectUrl, session }, ports) {
      const codeVerifier = `${SECRET}-verifier-${ports.crypto.randomUUID()}`;
      const bearer = purpose === 'link' ? session?.accessToken : undefined;
      const data = await ask('POST', '/authorize', ports, { body: { purpose, connectionId, redirectUrl }, bearer });
      return { url: text(data, 'url'), state: text(data, 'state'), codeVerifier };
    },
    callbackState(url) {
      const state = url.searchParams.get('state');
      return state && (url.searchParams.has('code') || url.searchParams.has('error')) ? { state, parameters: ['state', 'code', 'error'] } : null;
    },
    async exchange(callback, pending, ports, { current }) {
      const error = callback.get('error');
      if (error === 'access_denied') throw new LoginError('login_denied', 'The person declined');
      if (error === 'identity_in_use') throw new LoginError('identity_in_use', 'This identity already has another subject');
      const code = callback.get('code');
      if (error || !code) throw new LoginError('callback_invalid', 'The service came back without a code');
      const data = await ask('POST', '/code', ports, { body: { code, state: pending.state, codeVerifier: pending.codeVerifier } });
      const grant = toGrant(data, [pending.connectionId]);
      return { ...grant, ...(data.first_seen === true && current?.kind === 'guest' && { movedFrom: current.subject }) };
    },
    async refresh(session, ports) {
      const known = session.kind === 'user' ? [session.connectionId] : [];
      const { renewal } = session;
      if (dialect === 'cookie') return toGrant(await ask('PATCH', '/session', ports, { isRefusal: REFUSALS.cookie }), known);
      const refreshToken = renewal.type === 'refresh_token' ? renewal.refreshToken : '';
      return toGrant(await ask('POST', '/refresh', ports, { body: { refreshToken } }), known);
    },
    async unlink(session, identityId, ports) {
      await ask('DELETE', '/identity', ports, { body: { identityId }, bearer: session.accessToken });
    },
    async endSession({ renewal, accessToken }, ports) {
      await ask('DELETE', '/session', ports, { bearer: accessToken, body: renewal.type === 'refresh_token' ? { refreshToken: renewal.refreshToken } : {} });
    },
  };
  return dialect === 'rotation'
    ? { ...provider, startGuest: async (_request, ports) => toGrant(await ask('POST', '/guest', ports), []) }
    : {
      ...provider,
      async resume(pending, ports) {
        const grant = toGrant(await ask('PATCH', '/session', ports, { isRefusal: REFUSALS.cookie }), [pending.connectionId]);
        return grant.connectionId === pending.connectionId ? grant : null;
      },
    };
}
