import { LoginError } from './errors.ts';
import type { Json } from './wire.ts';

/** An own, non-empty string, or undefined. Inherited names (`constructor`, `__proto__`) don't count. */
export function optionalText(data: Json, name: string): string | undefined {
  const value = Object.hasOwn(data, name) ? data[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** An own, finite number, or undefined. */
export function optionalNumber(data: Json, name: string): number | undefined {
  const value = Object.hasOwn(data, name) ? data[name] : undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** An own, non-empty string. @throws LoginError `response_invalid` */
export function text(data: Json, name: string): string {
  const value = optionalText(data, name);
  if (value === undefined) throw new LoginError('response_invalid', `The service's answer has no ${name}`);
  return value;
}
