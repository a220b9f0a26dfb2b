/** A session as a page gets it. */
import { optionalNumber, optionalText, readClaims, type Json } from '@passerby/shared';
import type { Answer } from '../gate/form-endpoints.ts';
import type { Context } from './context.ts';
import { DescopeFailed } from './failures.ts';
import type { Tokens } from './service.ts';
import { kindOf } from './token-check.ts';

/** What travels in a cookie is not in the body. @throws DescopeFailed `unavailable` where this is no session */
export function answerSession({ sessionJwt, refreshJwt }: Tokens, { settings }: Pick<Context, 'settings'>): Required<Answer> {
  const { sessions, generation, now } = settings;
  const { subject, lifetimeSeconds, claims } = readSession(sessionJwt);
  const body = {
    ...(sessions.by !== 'cookies' && { sessionJwt }), ...(sessions.by === 'body' && refreshJwt !== undefined && { refreshJwt }),
    subject, kind: kindOf(claims, generation), expires_in: lifetimeSeconds,
  };
  if (sessions.by === 'body') return { body, cookies: [] };
  const cookie = (name: string, token: string): string => {
    const left = Math.max(1, Math.ceil((optionalNumber(claimsOf(token), 'exp') ?? 0) - now() / 1000));
    return `${name}=${token}; Path=/; Domain=${sessions.domain}; Max-Age=${left}; HttpOnly; Secure; SameSite=Strict`;
  };
  return { body, cookies: [...(refreshJwt === undefined ? [] : [cookie('DSR', refreshJwt)]), ...(sessions.by === 'cookies' ? [cookie('DS', sessionJwt)] : [])] };
}

/** What a session token says that came straight from Descope. @throws DescopeFailed `unavailable` */
export function readSession(sessionJwt: string): { readonly subject: string; readonly lifetimeSeconds: number; readonly claims: Json } {
  const claims = claimsOf(sessionJwt);
  const [subject, iat, exp] = [optionalText(claims, 'sub'), optionalNumber(claims, 'iat'), optionalNumber(claims, 'exp')];
  if (subject === undefined || iat === undefined || exp === undefined || exp <= iat || claims['drn'] !== 'DS') throw unreadable();
  return { subject, lifetimeSeconds: exp - iat, claims };
}

function claimsOf(token: string): Json {
  try {
    return readClaims(token);
  } catch (error) {
    if (error instanceof Error) throw unreadable();
    throw error;
  }
}

function unreadable(): DescopeFailed {
  return new DescopeFailed('unavailable', 'Descope answered with a token that is none of a session');
}
