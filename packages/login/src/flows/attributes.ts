/** What the service keeps for the shop about who is here. */
import { LoginError, type StoredSession } from '@passerby/shared';
import type { AttributeChange, AttributeValues } from '../providers/provider.ts';
import type { Context } from './context.ts';

/**
 * Short texts by their keys, kept by the service with whoever is here, and still there when the guest has become a user.
 * Each throws LoginError `unsupported`, `config_invalid` (a key or a text that is too long), `login_required`, `session_changed`, `grant_refused`, retryable codes.
 */
export interface Attributes {
  list(): Promise<AttributeValues>;
  /** Null: there is none. */
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<void>;
  remove(key: string): Promise<void>;
}

export function attributesOf({ keeper }: Context, findSession: () => Promise<StoredSession>): Attributes {
  const tell = async (what: AttributeChange): Promise<AttributeValues> => {
    const change = keeper.provider.attributes?.bind(keeper.provider);
    if (!change) throw new LoginError('unsupported', 'This service keeps no attributes');
    const { subject } = await findSession();
    // Alone, because it may bring new tokens, as a renewal does.
    return keeper.alone(`attributes ${keeper.ports.provider.crypto.randomUUID()}`, async (ports, { session, turn }) => {
      if (session?.subject !== subject) throw new LoginError('session_changed', 'Somebody else is here by now');
      const at = ports.now();
      const { values, grant } = await change(session, what, ports);
      if (grant) await keeper.commit({ type: 'renewed', grant, at, turn });
      return values;
    });
  };
  return {
    list: () => tell({}),
    async get(key) {
      const values = await tell({});
      return Object.hasOwn(values, key) ? (values[key] ?? null) : null;
    },
    set: async (key, value) => void (await tell({ set: { [key]: value } })),
    remove: async (key) => void (await tell({ remove: [key] })),
  };
}
