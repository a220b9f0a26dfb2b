import type { Settings } from '../core/options.ts';
import type { SessionKeeper } from '../session-keeper.ts';

/** What every flow works with. */
export interface Context {
  readonly keeper: SessionKeeper;
  readonly settings: Settings;
}
