import { createFormEndpoints } from '../gate/form-endpoints.ts';
import { answerAttributes } from './attributes.ts';
import type { Context, Route } from './context.ts';
import { answerForget, answerKeep } from './kept-guest.ts';
import { asRefused } from './refusals.ts';
import { answerGuest } from './start-guest.ts';
import { answerConfirm, answerUpgrade } from './upgrade.ts';

const ROUTES: ReadonlyMap<string, Route> = new Map([
  ['/guest', answerGuest],
  ['/guest/keep', answerKeep],
  ['/guest/forget', answerForget],
  ['/attributes', answerAttributes],
  ['/upgrade', answerUpgrade],
  ['/upgrade/confirm', answerConfirm],
]);

export function createDescopeEndpoints(context: Context): ReturnType<typeof createFormEndpoints> {
  const { origins, path, sessions } = context.settings;
  return createFormEndpoints({ origins, path, routes: ROUTES, credentials: sessions.by === 'body' ? 'omit' : 'include', asRefused: (error) => asRefused(error, context.settings) }, context);
}
