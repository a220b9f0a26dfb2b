import { createFormEndpoints } from '../gate/form-endpoints.ts';
import { answerAttributes } from './attributes.ts';
import type { Context, Route } from './context.ts';
import { answerLogout } from './log-out.ts';
import { asRefused } from './refusals.ts';
import { answerAuthorize } from './authorize.ts';
import { answerLogin } from './login.ts';
import { answerGuest, answerRenewal } from './start-guest.ts';

const ROUTES: ReadonlyMap<string, Route> = new Map([
  ['/guest', answerGuest],
  ['/renew', answerRenewal],
  ['/authorize', answerAuthorize],
  ['/login', answerLogin],
  ['/attributes', answerAttributes],
  ['/logout', answerLogout],
]);

export function createAppIdEndpoints(context: Context): ReturnType<typeof createFormEndpoints> {
  const { origins, path } = context.settings;
  return createFormEndpoints({ origins, path, credentials: 'omit', routes: ROUTES, asRefused: (error) => asRefused(error, context.settings) }, context);
}
