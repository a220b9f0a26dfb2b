/** What is kept about whoever is here: a new-generation guest's claims, anybody else's custom attributes. */
import { readCookie } from '../gate/cookie.ts';
import type { Asked } from '../issuer/form.ts';
import { Refused } from '../issuer/refused.ts';
import { readChange, shown, type Attributes } from '../listed-texts.ts';
import type { Answer } from '../gate/form-endpoints.ts';
import { takeNetworkTurn, takeSubjectTurn } from '../gate/gate.ts';
import { over, type Context } from './context.ts';
import { refuseTooMuch } from './together.ts';
import { DescopeFailed } from './failures.ts';
import type { Tokens } from './service.ts';
import { answerSession, readSession } from './session.ts';
import type { Holder } from './token-check.ts';

type Change = ReadonlyMap<string, string>;

export interface Attributed {
  readonly attributes: Attributes;
  /** Null where the tokens stay as they are. */
  readonly tokens: Tokens | null;
}

/** `POST /attributes` */
export async function answerAttributes(asked: Asked, context: Context): Promise<Answer> {
  const change = readChange(asked.form, context.settings.claims);
  refuseTooMuch({}, change);
  await takeNetworkTurn(asked, context);
  const holder = await takeSubjectTurn(await context.checkToken(tokenOf(asked, change, context), ['DS', 'DSR']), context.settings);
  const { attributes, tokens } = await attribute(holder, change, context);
  const session = tokens && answerSession(tokens, context);
  return { body: { attributes, ...session?.body }, cookies: session?.cookies ?? [] };
}

/** Changes what is kept, and tells all of it. @throws Refused `invalid_request`, `invalid_grant`; DescopeFailed */
export async function attribute(holder: Holder, change: Change, context: Context): Promise<Attributed> {
  if (context.settings.generation.type === 'anonymous_jwt' && holder.kind === 'guest') return attributeGuest(holder, change, context);
  return { attributes: await attributeUser(holder, change, context), tokens: null };
}

/** Without a token in the form, the cookie counts; a change is by the one that renews. @throws Refused `invalid_grant` */
function tokenOf({ form, headers }: Asked, change: Change, { settings: { sessions } }: Context): string {
  const isReading = change.size === 0;
  const given = sessions.by === 'body' || isReading ? form.get('token') : undefined;
  const cookies = sessions.by === 'body' ? [] : [...(sessions.by === 'cookies' && isReading ? ['DS'] : []), 'DSR'];
  const token = given ?? cookies.map((name) => readCookie(headers, name)).find((value) => value !== null);
  if (!token) throw over();
  return token;
}

async function attributeGuest({ claims, use, token, subject }: Holder, change: Change, { service, settings }: Context): Promise<Attributed> {
  const before = shown(claims, settings.claims);
  if (change.size === 0) return { attributes: before, tokens: null };
  if (use !== 'DSR') throw new Refused('invalid_request', 'A change needs the refresh token: the claims of a session token alone are gone with the next one');
  refuseTooMuch(before, change);
  const duration = settings.generation.type === 'anonymous_jwt' ? settings.generation.refreshDurationSeconds : undefined;
  // All that is kept, and not the change alone: nothing says what becomes of a claim that is not named.
  const tokens = await service.refresh(await service.updateJwt(token, { ...before, ...Object.fromEntries(change) }, duration));
  const session = readSession(tokens.sessionJwt);
  if (session.subject !== subject || session.claims['danu'] !== true) throw new DescopeFailed('unavailable', 'Descope answered with the token of somebody else (jwt/update)');
  return { attributes: shown(session.claims, settings.claims), tokens };
}

async function attributeUser({ subject, use, token }: Holder, change: Change, { service, settings }: Context): Promise<Attributes> {
  // Who signed out keeps a refresh token that is well signed for weeks: Descope says whether it still counts.
  const before = use === 'DSR' ? await service.me(token) : await service.user({ userId: subject });
  if (before?.subject !== subject) throw over();
  refuseTooMuch(shown(before.attributes, settings.claims), change);
  for (const [name, text] of change) await service.setAttribute(subject, name, text);
  return shown({ ...before.attributes, ...Object.fromEntries(change) }, settings.claims);
}
