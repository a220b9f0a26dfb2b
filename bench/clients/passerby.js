/** Ours: guests of our own verifier. */
import { LoginClient } from '@passerby/login/core';
import { oidc } from '@passerby/login/oidc';

export const label = 'Passerby, own verifier';
// Its issuer is where people sign in, and nobody does here.
export const create = ({ verifier }) => new LoginClient({ provider: oidc({ issuer: 'https://id.example.com', clientId: 'shop', verifier }) });
export const ready = (login) => login.completeLogin();
export const getToken = (login) => login.getToken();
export const subscribe = (login, listener) => login.subscribe(listener);

export async function guest(login) {
  const { kind } = await login.authenticate();
  if (kind !== 'guest') throw new Error(`Not a guest: ${kind}`);
  return login.getToken();
}
