import { asObject, type Json } from '@passerby/shared';
import { Refusal } from './refusal.ts';

/** What a message of protobuf has, read from its JSON: `null` is as good as absent, and a field of another type is refused. */
export function optionalString(body: Json, name: string): string | undefined {
  const value = fieldOf(body, name);
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(name);
}

/** Bytes, as standard base64, however the request wrote them. */
export function optionalBytes(body: Json, name: string): string | undefined {
  const text = optionalString(body, name);
  if (text !== undefined && !/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw invalid(name);
  return text === undefined ? undefined : Buffer.from(text, 'base64').toString('base64');
}

/** A flag that is there or not: absent is another thing than clear. */
export function flag(body: Json, name: string): 'set' | 'clear' | undefined {
  const value = fieldOf(body, name);
  if (value === undefined) return undefined;
  if (typeof value === 'boolean') return value ? 'set' : 'clear';
  throw invalid(name);
}

export function optionalMessage(body: Json, name: string): Json | undefined {
  const value = fieldOf(body, name);
  if (value === undefined) return undefined;
  const message = asObject(value);
  if (message) return message;
  throw invalid(name);
}

/** A list of messages, empty when absent. */
export function messages(body: Json, name: string): readonly Json[] {
  return list(body, name).map((item) => {
    const message = asObject(item);
    if (message) return message;
    throw invalid(name);
  });
}

export function strings(body: Json, name: string): readonly string[] {
  return list(body, name).map((item) => {
    if (typeof item === 'string') return item;
    throw invalid(name);
  });
}

/** A whole number, which protobuf's JSON also writes as text; 0 when absent. */
export function count(body: Json, name: string): number {
  const value = Number(fieldOf(body, name) ?? 0);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(name);
}

/** A 64-bit number of protobuf, which its JSON writes as text, and leaves out where it is 0. */
export function uint64(value: number): string | undefined {
  return value === 0 ? undefined : String(value);
}

/** Takes out what protobuf's JSON does not write: `false`, empty texts and empty lists. */
export function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  const message = asObject(value);
  if (!message) return value;
  const written = Object.entries(message).filter(([, one]) => one !== undefined && one !== false && one !== '' && !(Array.isArray(one) && one.length === 0));
  return Object.fromEntries(written.map(([name, one]) => [name, withoutDefaults(one)]));
}

/** A time of protobuf, from ms since epoch. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}

function list(body: Json, name: string): readonly unknown[] {
  const value = fieldOf(body, name);
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw invalid(name);
}

function fieldOf(body: Json, name: string): unknown {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  return value === null ? undefined : value;
}

function invalid(name: string): Refusal {
  return new Refusal('invalid_argument', '', `proto: invalid value for field ${name}`);
}
