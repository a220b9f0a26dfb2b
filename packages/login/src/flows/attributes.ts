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

export function attributesOf(open: () => Context, findSession: () => Promise<StoredSession>): Attributes {
  const change = async (what: AttributeChange): Promise<AttributeValues> => {
    const { keeper } = open();
    const { provider } = keeper;
    if (!provider.attributes) throw new LoginError('unsupported', 'This service keeps no attributes');
    const session = await findSession();
    return keeper.ask(async (ports) => (await provider.attributes?.(session, what, ports)) ?? {});
  };
  return {
    list: () => change({}),
    async get(key) {
      const values = await change({});
      return Object.hasOwn(values, key) ? (values[key] ?? null) : null;
    },
    set: async (key, value) => void (await change({ set: { [key]: value } })),
    remove: async (key) => void (await change({ remove: [key] })),
  };
}
