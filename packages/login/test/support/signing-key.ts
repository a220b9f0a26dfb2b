import { generateKeyPair } from 'jose';

/** What the emulated services sign with, made once: it takes longer than most tests. */
export const signingKey = generateKeyPair('RS256', { extractable: true });
