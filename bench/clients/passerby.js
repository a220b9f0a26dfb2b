/** Ours: guests of our own verifier. */
import { LoginClient } from '@passerby/login/core';
import { oidc } from '@passerby/login/oidc';

export * from './ours.js';
export const label = 'Passerby, own verifier';
// Its issuer is where people sign in, and nobody does here.
export const create = ({ verifier }) => new LoginClient({ provider: oidc({ issuer: 'https://id.example.com', clientId: 'shop', verifier }) });
