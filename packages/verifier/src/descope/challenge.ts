/** What a guest holds between asking for a code and typing it: what was sent, for whom, and who had the e-mail then. */
import { optionalNumber, optionalText } from '@passerby/shared';
import { randomName } from '../random.ts';
import type { Context } from './context.ts';
import { Seal } from './seal.ts';

/** `update`: a code that gives the guest the e-mail. `sign_in`: one that signs in whoever has it. `nothing`: none could be sent, which nothing may tell. */
export type Sent = 'update' | 'sign_in' | 'nothing';

export interface Challenge {
  readonly sent: Sent;
  /** Whose it is. */
  readonly subject: string;
  readonly email: string;
  /** By which login ID the code is verified. */
  readonly loginId: string;
  /** Who had the e-mail, as `ownership` names them. */
  readonly ownership: string;
}

export interface OpenChallenge extends Challenge {
  /** Counts the tries. */
  readonly id: string;
  readonly isOver: boolean;
}

/** As long as Descope's codes live, where nobody set that otherwise. */
const LIFE_MS = 180_000;
export const TRIES = 5;

export async function sealChallenge(challenge: Challenge, { settings: { managementKey, random, now } }: Context): Promise<string> {
  return new Seal(managementKey, 'upgrade').close({ ...challenge, id: randomName(random), until: now() + LIFE_MS });
}

/** Null: it is not ours, of another guest, or for another e-mail. */
export async function openChallenge(sealed: string, { subject, email }: Pick<Challenge, 'subject' | 'email'>, { settings: { managementKey, now } }: Context): Promise<OpenChallenge | null> {
  const inside = (await new Seal(managementKey, 'upgrade').open(sealed)) ?? {};
  const [id, sent, until] = [optionalText(inside, 'id'), optionalText(inside, 'sent'), optionalNumber(inside, 'until')];
  if (id === undefined || until === undefined || inside['subject'] !== subject || inside['email'] !== email) return null;
  if (sent !== 'update' && sent !== 'sign_in' && sent !== 'nothing') return null;
  return { id, sent, subject, email, loginId: optionalText(inside, 'loginId') ?? '', ownership: optionalText(inside, 'ownership') ?? '', isOver: until <= now() };
}

/** Takes one try. False: there is none left. */
export async function takeTry({ id }: OpenChallenge, { settings: { store } }: Context): Promise<boolean> {
  return (await store.takeTurn(`tries of ${id}`, { burst: TRIES, perSecond: 1 / 3_600 })) === 0;
}
