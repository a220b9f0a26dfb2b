/** Exactly one guest: however many calls, tabs and reloads ask for it. */
import { isLoginError, LoginError, type DeviceKey, type Grant } from '@passerby/shared';
import { becameUser, endsSession, type GuestWish } from '../core/policy.ts';
import type { ProviderPorts } from '../ports/ports.ts';
import type { AuthorizationRequest } from '../providers/provider.ts';
import { endOf } from './authorize.ts';
import type { Context } from './context.ts';

/**
 * Starts a guest by fetch or in a hidden frame; where somebody is here already, does nothing.
 * @throws LoginError `config_invalid`, `insecure_context`, `login_denied`, `callback_invalid`, `grant_refused`, retryable codes
 */
export async function startGuest(context: Context, guests: GuestWish, connectionId: string | undefined): Promise<void> {
  const { keeper } = context;
  const { provider } = keeper;
  try {
    await startOnce(context, guests, connectionId);
  } catch (error) {
    if (!wantsCaptcha(error) || !provider.captcha) throw error;
    const captcha = await keeper.once('captcha', async () => provider.captcha?.());
    await startOnce(context, guests, connectionId, captcha);
  }
}

const wantsCaptcha = (error: unknown): boolean => isLoginError(error) && error.oauthError === 'captcha_required';

function startOnce(context: Context, guests: GuestWish, connectionId: string | undefined, captcha?: string): Promise<void> {
  const { keeper } = context;
  return keeper.alone('guest', async (ports) => {
    await keeper.insist();
    const { turn } = keeper.record;
    // Asked again under the lock: another tab has won, or signed out, or has just failed and put everybody off.
    if (keeper.nextStep(guests) !== 'start_guest') return;
    const at = ports.now();
    const key = keeper.record.guestKey ?? (await keeper.provider.createKey?.(ports));
    try {
      const grant = await mintWith(key, context, { ...guestRequest(context, connectionId), captcha }, ports);
      if (grant.kind !== 'guest') throw new LoginError('response_invalid', 'The guest connection signed a user in');
      await keeper.commit({ type: 'guest_started', grant, at, turn });
      if (!keeper.record.session) throw new LoginError('session_changed', 'Somebody signed out while the guest started');
    } catch (error) {
      // The guest of this key has become a user, whom only a sign-in brings back.
      const spent = isLoginError(error) && endsSession(error) && keeper.record.guestKey;
      if (spent) await keeper.commit({ type: 'key_spent', key: spent });
      if (isLoginError(error) && becameUser(error)) await keeper.commit({ type: 'upgraded', subject: null });
      // Solving it is wait enough.
      if (!wantsCaptcha(error)) await keeper.putOff(error);
      throw error;
    }
  });
}

/**
 * The guest of this key, where the provider has one. The key is written down while the guest is asked for, and nobody is that guest before it was: whatever is
 * lost on the way, the next try is the same guest. Where another tab's key came first, that one is this browser's.
 */
async function mintWith(key: DeviceKey | undefined, context: Context, request: AuthorizationRequest, ports: ProviderPorts): Promise<Grant> {
  const { keeper } = context;
  const isWritten = key?.thumbprint === keeper.record.guestKey?.thumbprint;
  const [grant] = await Promise.all([mint(context, { ...request, key }, ports), isWritten || (key && keeper.commit({ type: 'key_made', key }))]);
  const own = keeper.record.guestKey;
  return own && own.thumbprint !== key?.thumbprint ? mintWith(own, context, request, ports) : grant;
}

function guestRequest({ keeper, settings }: Context, connectionId = settings.guestConnectionId): AuthorizationRequest {
  if (!connectionId && !keeper.provider.startGuest) throw new LoginError('config_invalid', 'Name the connection that guests come from: authenticate({ connectionId }) or guestConnectionId');
  return { purpose: 'guest', connectionId: connectionId ?? '', redirectUrl: frameEnd({ keeper, settings }), session: null, after: keeper.record.ended };
}

function frameEnd({ keeper, settings }: Context): string {
  const here = keeper.ports.navigation.current();
  return endOf(settings.frameUrl ?? settings.redirectUrl, here);
}

async function mint({ keeper }: Context, request: AuthorizationRequest, ports: ProviderPorts): Promise<Grant> {
  const { provider } = keeper;
  if (provider.startGuest) return provider.startGuest(request, ports);
  const { url, state, codeVerifier } = await provider.authorize(request, ports);
  if (url === null) throw new LoginError('config_invalid', 'Guests come from no connection that mails a link');
  const end = await keeper.ports.frame.travel(url, (at) => provider.callbackState(at)?.state === state, ports.signal);
  return provider.exchange(end.searchParams, {
    id: state, state, codeVerifier, purpose: 'guest', connectionId: request.connectionId, redirectUrl: request.redirectUrl,
    returnTo: '', subject: null, startedAt: ports.now(), callback: null, unsure: false, outcome: null,
  }, ports, { current: null, keep: async () => undefined });
}
