export { createVerifier } from './verifier.ts';
export type { Verifier, VerifierSettings } from './verifier.ts';
export type { AuthressSettings } from './settings.ts';
export type { Visit } from './authress/login.ts';
export { Unauthorized } from './tokens/unauthorized.ts';
export type { UnauthorizedCode } from './tokens/unauthorized.ts';
export type { Caller } from './tokens/verify-token.ts';
