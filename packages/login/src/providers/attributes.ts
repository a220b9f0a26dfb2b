/** What the service keeps for the shop about who is here: the same limits and the same answer, whichever server keeps it. */
import { asObject, LoginError, type Json } from '@passerby/shared';
import type { AttributeChange, AttributeValues } from './provider.ts';

const MAX_VALUE_BYTES = 512;

/** Told before anything is sent. @throws LoginError `config_invalid` */
export function checkTexts({ set = {} }: AttributeChange): void {
  const bytes = Object.values(set).map((value: unknown) => (typeof value === 'string' ? new TextEncoder().encode(value).length : Infinity));
  if (!bytes.every((length) => length > 0 && length <= MAX_VALUE_BYTES)) throw new LoginError('config_invalid', `An attribute is a text of 1 to ${MAX_VALUE_BYTES} bytes`);
}

/** The change as the fields of a form; none where it is only asked what is kept. */
export function changeFields({ set = {}, remove = [] }: AttributeChange): Readonly<Record<string, string>> {
  return { ...(Object.keys(set).length > 0 && { set: JSON.stringify(set) }), ...(remove.length > 0 && { remove: JSON.stringify(remove) }) };
}

/** @throws LoginError `response_invalid` */
export function readAttributes(data: Json): AttributeValues {
  const attributes = asObject(data.attributes);
  if (!attributes || !Object.values(attributes).every((value) => typeof value === 'string')) throw new LoginError('response_invalid', 'The answer has no attributes');
  return attributes as AttributeValues;
}
