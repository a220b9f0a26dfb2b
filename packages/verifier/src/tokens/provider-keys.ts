import { asObject, optionalText } from '@passerby/shared';
import { isSecure } from '../settings.ts';
import { downloadJson } from './download-json.ts';
import { downloadKeys } from './jwks.ts';
import { KeySet } from './key-set.ts';

export interface ProviderKeysParts {
  readonly issuer: string;
  /** Where the keys are; default: where the provider's discovery document says. */
  readonly jwksUrl?: string | undefined;
  readonly fetch: typeof globalThis.fetch;
  now(): number;
}

/** The keys of an OpenID provider. Where they are is asked for once. */
export function createProviderKeys({ issuer, jwksUrl, fetch, now }: ProviderKeysParts): KeySet {
  let url = jwksUrl;
  const download = async () => {
    url ??= await findEndpoint(issuer, 'jwks_uri', fetch);
    return downloadKeys({ url, fetch, algorithms: ['RS256', 'ES256', 'EdDSA'] });
  };
  return new KeySet({ download, now, unknown: 'unavailable' });
}

/**
 * Where a provider's keys or tokens are, as its discovery document says.
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html §4, which also says what becomes of a slash at the end
 */
export async function findEndpoint(issuer: string, name: 'jwks_uri' | 'token_endpoint', fetch: typeof globalThis.fetch): Promise<string> {
  const metadata = asObject(await downloadJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, fetch)) ?? {};
  if (optionalText(metadata, 'issuer') !== issuer) throw new Error("The service's discovery document is of another issuer");
  const url = optionalText(metadata, name);
  if (!isSecure(url)) throw new Error(`The service's discovery document has no https address as ${name}`);
  return url;
}
