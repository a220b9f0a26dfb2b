/** Who asks for a guest by name. */
import type { Context } from './context.ts';
import { leave } from './authorize.ts';
import { useSession } from './use-session.ts';

export interface GuestRequest {
  readonly connectionId: string | undefined;
  readonly mode?: 'frame' | 'redirect' | 'popup' | undefined;
  readonly redirectUrl?: string | undefined;
  /** Ms since epoch. */
  readonly deadline: number;
}

/** Has somebody be here: who is here already, or a guest. Leaves the page where that is meant, or where its own policy forbids a frame. */
export async function beGuest(context: Context, { connectionId, mode, redirectUrl, deadline }: GuestRequest): Promise<void> {
  const { keeper } = context;
  if (keeper.nextStep('explicit') === 'end') await keeper.commit({ type: 'refused', token: 'over', turn: keeper.record.turn });
  if (keeper.record.session) return;
  const leaveAsGuest = async (): Promise<void> => void (await leave(context, { purpose: 'guest', connectionId: connectionId ?? '', redirectUrl }));
  // Whose ID follows from a key here is made nowhere else.
  if (mode === 'redirect' && !keeper.provider.createKey) return leaveAsGuest();
  try {
    await useSession(context, { guests: 'asked-for', connectionId, deadline });
  } catch (error) {
    if (!keeper.ports.frame.isForbidden()) throw error;
    await leaveAsGuest();
  }
}
