import { GoTrueClient } from '@supabase/auth-js';

const client = new GoTrueClient({ url: 'https://login.example.com/auth/v1', headers: { apikey: 'bench' }, storageKey: 'supabase' });
export const guest = () => client.signInAnonymously();
export const token = async () => (await client.getSession()).data.session?.access_token;
export const link = () => client.linkIdentity({ provider: 'google' });
export const logOut = () => client.signOut();
