import { Refused } from '../issuer/refused.ts';
import { seldom } from '../seldom.ts';
import { usersOnly, type Caller } from '../tokens/verify-token.ts';
import type { Verifier } from '../verifier.ts';
import { attribute, type Attributed } from './attributes.ts';
import { createCallerCheck } from './caller.ts';
import { carryClaims, type Carried, type Carrying } from './carry-claims.ts';
import { checkChange, type AttributeChange } from '../listed-texts.ts';
import { refuseTooMuch, TooMuch } from './together.ts';
import type { Context } from './context.ts';
import { cullGuests, type DescopeCulled, type DescopeCullOptions } from './cull.ts';
import { createDescopeEndpoints } from './endpoints.ts';
import { keptGuest } from './kept-guest.ts';
import { forServers } from './refusals.ts';
import { Service } from './service.ts';
import { checkDescope, checkService, type DescopeSettings, type ServiceSettings } from './settings.ts';
import { makeTenant, type DescopeTenantOptions } from './tenant.ts';
import { createTokenUseCheck, descopeKeys } from './token-check.ts';

export interface Descope extends Verifier {
  /**
   * Gives the user what the shop lists of the guest, and that the user has no value for; call it where the guest's things are merged.
   * @throws Unauthorized `token_invalid`, `token_expired`, `user_required`, `keys_unavailable`, and `verifier_unavailable` where it may work later
   */
  carryClaims(carrying: Carrying): Promise<Carried>;
  /**
   * The guest who was here before the user signed in whose request this is, where sessions are cookies: no page has a token that would prove it.
   * @throws Unauthorized `token_missing`, `token_invalid`, `token_expired`, `user_required`, `keys_unavailable`
   */
  keptGuest(request: Request): Promise<Caller>;
  /**
   * Changes what is kept about whose session or refresh token this is. A new-generation guest's claims are in their tokens, so those that come back have to reach the page.
   * @throws TypeError where a name is not listed or a text does not fit, alone or with what is kept; Unauthorized as `carryClaims`
   */
  updateClaims(change: AttributeChange & { readonly token: string }): Promise<Attributed>;
  /** Deletes the guests of the old generation who cannot come back any more; run it daily. @throws TypeError for the new generation, which leaves nobody behind */
  cull(options?: DescopeCullOptions): Promise<DescopeCulled>;
}

/**
 * Guests for a Descope project, of either generation (docs/protocol-descope.md): its handler makes them, because that takes a management key.
 * @throws TypeError where a setting cannot work
 */
export function createDescope(given: DescopeSettings): Descope {
  const checked = checkDescope(given);
  const settings = { ...checked, report: seldom(checked.report, checked.now) };
  const { projectId, generation, now } = settings;
  const context: Context = { settings, service: new Service(settings), checkToken: createTokenUseCheck({ projectId, generation, keys: descopeKeys(settings), now }) };
  const verifyToken = createCallerCheck(context);
  return {
    handler: createDescopeEndpoints(context),
    verifyToken,
    requireUser: usersOnly(verifyToken),
    keptGuest: async (request) => keptGuest(request, await verifyToken(request), context),
    carryClaims: (carrying) => carryClaims(carrying, context, async (request) => {
      const user = await verifyToken(request);
      return { user, guest: await keptGuest(request, user, context) };
    }),
    updateClaims: (change) => updateClaims(change, context),
    async cull(options = {}) {
      if (generation.type !== 'temporary_user') throw new TypeError('cull: guests of anonymous_jwt end with their tokens, so there is nobody to delete');
      return cullGuests(options, { ...context, tenantId: generation.tenantId, report: settings.report, now });
    },
  };
}

/** A cull alone, as a command does it. @throws TypeError */
export function createDescopeCull({ tenantId, ...given }: ServiceSettings & { readonly tenantId: string }): Descope['cull'] {
  const settings = checkService(given);
  return (options = {}) => cullGuests(options, { service: new Service(settings), tenantId, report: seldom(settings.report, settings.now), now: settings.now });
}

/** Makes the guests' tenant of the old generation, where it is not there yet, and tells its id. @throws TypeError; Error where Descope does not do it */
export function createDescopeTenant(given: ServiceSettings & DescopeTenantOptions): Promise<string> {
  return makeTenant(new Service(checkService(given)), given);
}

async function updateClaims({ token, ...change }: AttributeChange & { readonly token: string }, context: Context): Promise<Attributed> {
  const { settings, checkToken } = context;
  const names = asTypeError(() => {
    const checked = checkChange(change, settings.claims);
    refuseTooMuch({}, checked);
    return checked;
  });
  const holder = await checkToken(token, ['DS', 'DSR']);
  return forServers(() => attribute(holder, names, context).catch((error: unknown) => {
    throw error instanceof TooMuch ? new TypeError(`updateClaims: ${error.message}`) : error;
  }), settings);
}

/** What a page is told is the shop's own mistake here. */
function asTypeError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof Refused ? new TypeError(`updateClaims: ${error.message}`) : error;
  }
}
