import type { Json } from '@passerby/shared';
import type { Rpc } from './user-service.ts';
import { flag, timestamp } from './wire.ts';
import type { World } from './world.ts';

/** What `zitadel.feature.v2.FeatureService` and `zitadel.settings.v2.SettingsService` set for the instance. */
export const INSTANCE_SERVICE = {
  SetInstanceFeatures(body, world) {
    for (const name of ['oidcTokenExchange', 'debugOidcParentError'] as const) {
      const asked = flag(body, name);
      if (asked !== undefined) world.instance[name] = asked === 'set';
    }
    return { details: changed(world) };
  },
  GetSecuritySettings: (_body, world) => ({ details: changed(world), settings: { embeddedIframe: {}, enableImpersonation: world.instance.enableImpersonation } }),
  SetSecuritySettings(body, world) {
    // All of the settings are set: what is not named is off.
    world.instance.enableImpersonation = flag(body, 'enableImpersonation') === 'set';
    return { details: changed(world) };
  },
} satisfies Readonly<Record<string, Rpc>>;

function changed({ now, orgId }: World): Json {
  return { sequence: '1', changeDate: timestamp(now()), resourceOwner: orgId };
}
