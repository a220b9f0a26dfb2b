import { asObject, type Json } from '@passerby/shared';
import { Refusal } from './refusal.ts';

/** The JSON object in a request; an empty body is an empty one. @throws Refusal */
export async function readBody(request: Request): Promise<Json> {
  const text = await request.text();
  const body = text === '' ? {} : asObject(parse(text));
  if (!body) throw new Refusal('malformed', 'The body is not a JSON object');
  return body;
}

/** @throws Refusal where it is absent, empty or no text */
export function requiredText(body: Json, name: string): string {
  const value = optionalText(body, name);
  if (value === undefined || value === '') throw new Refusal('invalid', `The ${name} field is required`);
  return value;
}

/** `null` is as good as absent. @throws Refusal */
export function optionalText(body: Json, name: string): string | undefined {
  const value = fieldOf(body, name);
  if (value === undefined || typeof value === 'string') return value;
  throw wrong(name);
}

/** A flag that is there or not: absent is another thing than clear. @throws Refusal */
export function flag(body: Json, name: string): 'set' | 'clear' | undefined {
  const value = fieldOf(body, name);
  if (value === undefined) return undefined;
  if (typeof value === 'boolean') return value ? 'set' : 'clear';
  throw wrong(name);
}

/** A whole number of 0 or more. @throws Refusal */
export function optionalCount(body: Json, name: string): number | undefined {
  const value = fieldOf(body, name);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong(name);
}

/** @throws Refusal */
export function optionalObject(body: Json, name: string): Json | undefined {
  const value = fieldOf(body, name);
  if (value === undefined) return undefined;
  const object = asObject(value);
  if (object) return object;
  throw wrong(name);
}

/** @throws Refusal */
export function optionalTexts(body: Json, name: string): readonly string[] | undefined {
  return optionalList(body, name)?.map((item) => {
    if (typeof item === 'string') return item;
    throw wrong(name);
  });
}

/** @throws Refusal */
export function optionalObjects(body: Json, name: string): readonly Json[] | undefined {
  return optionalList(body, name)?.map((item) => {
    const object = asObject(item);
    if (object) return object;
    throw wrong(name);
  });
}

function optionalList(body: Json, name: string): readonly unknown[] | undefined {
  const value = fieldOf(body, name);
  if (value === undefined || Array.isArray(value)) return value;
  throw wrong(name);
}

function fieldOf(body: Json, name: string): unknown {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  return value === null ? undefined : value;
}

function wrong(name: string): Refusal {
  return new Refusal('invalid', `The ${name} field is of another type`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
