import { asObject, type Json } from '@passerby/shared';
import { Refusal } from './answers.ts';

/** The JSON object in a request. @throws Refusal */
export async function readJson(request: Request): Promise<Json> {
  const body = asObject(parse(await request.text()));
  if (!body) throw new Refusal(400, 'InvalidRequest', 'The body is not a JSON object', 'invalid_request');
  return body;
}

/** A list of texts, empty when absent. @throws Refusal */
export function optionalTexts(body: Json, name: string): readonly string[] {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new Refusal(400, 'InvalidRequest', `${name} is not a list of texts`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
