import type { Grant, SubjectKind } from '@passerby/shared';
import type { PendingAuthorization } from '../../src/core/record.ts';

export const grantOf = (subject: string, kind: SubjectKind, change: Partial<Grant> = {}): Grant => ({
  subject, kind, accessToken: `token of ${subject}`, renewal: { type: 'cookie' }, lifetimeMs: 600_000, issuedAt: 0, connectionId: kind === 'guest' ? 'sc_guests' : 'google', ...change,
});

export const pendingOf = (change: Partial<PendingAuthorization> = {}): PendingAuthorization => ({
  id: 'id_1', state: 'state_1', purpose: 'link', connectionId: 'google', codeVerifier: 'verifier', redirectUrl: 'https://shop.example/', returnTo: '/',
  subject: null, startedAt: 0, callback: null, unsure: false, outcome: null, ...change,
});
