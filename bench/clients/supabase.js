import { GoTrueClient } from '@supabase/auth-js';

export const label = 'supabase';
export const create = ({ auth }) => new GoTrueClient({ url: `${auth}/gotrue`, headers: { apikey: 'bench' }, storageKey: 'supabase' });
export const ready = (client) => client.initialize();
export const guest = async (client) => tokenOf(await client.signInAnonymously());
export const getToken = async (client) => tokenOf(await client.getSession());

function tokenOf({ data, error }) {
  if (error) throw error;
  return data.session?.access_token;
}
