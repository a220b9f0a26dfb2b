/** How much a page may keep about who is here: all of it travels with every request of a guest, in a header or in a cookie of four kilobytes. */
import { LoginError, readClaims, type StoredSession } from '@passerby/shared';
import type { AttributeChange } from '../provider.ts';
import type { Settings } from './settings.ts';

const MOST_BYTES = 2_048;
/** The texts that a session token has anyhow. */
const OWN = new Set(['iss', 'sub', 'aud', 'jti', 'drn', 'rexp', 'dct']);

/** Told before anything is sent, as far as the page knows what is kept already. @throws LoginError `config_invalid` */
export function checkTogether({ guestTenantId }: Settings, { kind, accessToken }: StoredSession, { set = {}, remove = [] }: AttributeChange): void {
  // A guest of the new generation has it all in the token; of anybody else the server knows.
  const claims = kind === 'guest' && guestTenantId === null && accessToken ? readClaims(accessToken) : {};
  const before = Object.entries(claims).filter(([name, value]) => typeof value === 'string' && value !== '' && !OWN.has(name) && !remove.includes(name));
  const bytes = new TextEncoder().encode(JSON.stringify({ ...Object.fromEntries(before), ...set })).length;
  if (Object.keys(set).length > 0 && bytes > MOST_BYTES) throw new LoginError('config_invalid', `Attributes have ${MOST_BYTES} bytes together, as JSON: take some away first`);
}
