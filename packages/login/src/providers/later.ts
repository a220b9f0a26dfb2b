/** Parts of this library that are loaded when they are first needed. */
import { LoginError } from '@passerby/shared';
import type { Bring } from '../ports/ports.ts';
import type { Provider } from './provider.ts';

/**
 * Loads a part once, for everybody who asks; one that failed is asked for again by the next.
 * @throws LoginError `network`
 */
export function later<T>(load: (bring: Bring) => Promise<T>): (bring?: Bring) => Promise<T> {
  let part: Promise<T> | null = null;
  return (bring = (file) => file()) => (part ??= load(bring).catch((cause: unknown) => {
    part = null;
    throw new LoginError('network', 'A part of this library could not be loaded', { cause });
  }));
}

/** The methods of a provider that come with its later part, and `prepare`, which fetches that beforehand. */
export function methodsOf<Name extends keyof Provider>(load: (bring: Bring) => Promise<Pick<Provider, Name>>, names: readonly Name[]): Pick<Provider, Name | 'prepare'> {
  const prepare = later(load) as (bring?: Bring) => Promise<Record<string, (...args: readonly unknown[]) => unknown>>;
  const methods = names.map((name) => [name, async (...args: readonly unknown[]) => (await prepare())[name]?.(...args)] as const);
  return { ...Object.fromEntries(methods), prepare } as unknown as Pick<Provider, Name | 'prepare'>;
}
