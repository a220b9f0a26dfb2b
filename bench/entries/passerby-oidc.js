import { LoginClient } from '@passerby/login/core';
import { oidc } from '@passerby/login/oidc';

export const login = new LoginClient({ provider: oidc({ issuer: 'https://id.example.com', clientId: 'shop', verifier: 'https://verifier.example.com' }) });
