/** A subject's attributes, kept at ZITADEL below a prefix of their own. */
import { asObject, type Json } from '@passerby/shared';
import { takeTurn } from '../gate/gate.ts';
import { Refused } from '../issuer/refused.ts';
import { textOf, type Asked } from './asked.ts';
import { WithCookies, type Answer, type Context } from './context.ts';
import { answerWith, sessionOf } from './session.ts';

const PREFIX = 'shop_';
const MOST_KEYS = 32;
const MOST_BYTES = 512;

interface Changes {
  readonly set: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
}

/** `POST /metadata` */
export async function answerMetadata({ body, headers }: Asked, context: Context): Promise<Answer> {
  const changes = readChanges(body);
  const session = await sessionOf(textOf(body, 'subject'), headers, context);
  const { cookies = [] } = await answerWith(session, context);
  try {
    await takeTurn(`attributes of ${session.kept.sub}`, context.settings.rateLimit.subject, context.settings.store);
    return { body: { attributes: await change(session.kept.sub, changes, context) }, cookies };
  } catch (error) {
    // What the session was renewed with counts once.
    throw error instanceof Error ? new WithCookies(error, cookies) : error;
  }
}

async function change(subject: string, { set, remove }: Changes, { service }: Context): Promise<Readonly<Record<string, string>>> {
  const before = await service.metadata(subject, PREFIX);
  const after = new Map([...before].map(([key, value]) => [key.slice(PREFIX.length), value]));
  const leaving = remove.filter((key) => after.has(key));
  for (const key of remove) after.delete(key);
  for (const [key, value] of set) after.set(key, value);
  if (set.size > 0 && after.size > MOST_KEYS) throw new Refused('invalid_request', `These are more than ${MOST_KEYS} attributes: remove some`);
  if (leaving.length > 0) await service.deleteMetadata(subject, leaving.map((key) => PREFIX + key));
  if (set.size > 0) await service.setMetadata(subject, new Map([...set].map(([key, value]) => [PREFIX + key, value])));
  return Object.fromEntries(after);
}

/** @throws Refused `invalid_request` */
function readChanges({ set = {}, remove = [] }: Json): Changes {
  const entries = Object.entries(asObject(set) ?? { '': '' });
  if (!entries.every((entry): entry is [string, string] => isKey(entry[0]) && isValue(entry[1]))) throw new Refused('invalid_request', `set is not an object of texts, of 1 to ${MOST_BYTES} bytes each, below keys of a-z, 0-9 and _`);
  if (!Array.isArray(remove) || !remove.every(isKey)) throw new Refused('invalid_request', 'remove is not a list of keys of a-z, 0-9 and _');
  if (entries.length > MOST_KEYS || remove.length > MOST_KEYS) throw new Refused('invalid_request', `These are more than ${MOST_KEYS} attributes`);
  return { set: new Map(entries), remove: [...new Set(remove)].filter((key) => !entries.some(([name]) => name === key)) };
}

function isKey(key: unknown): key is string {
  return typeof key === 'string' && /^[a-z0-9_]{1,64}$/.test(key);
}

function isValue(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && new TextEncoder().encode(value).length <= MOST_BYTES;
}
