/** What happens in a trace: drawn from the seed before anything runs, so that a failing trace can be made shorter. */
import { serviceFaults, storageFaults, type ServiceFault, type StorageFault } from './faults.ts';
import { Random } from './random.ts';
import type { Dialect } from './service.ts';

export type Hook = 'works' | 'fails twice' | 'hangs';

export interface Trip {
  /** null: they cancel. */
  readonly person: string | null;
  readonly ends: 'returns' | 'never returns';
  readonly thinkMs: number;
  /** In how many tabs the callback is loaded. */
  readonly copies: number;
  readonly reloadAfterMs: number | null;
  readonly first: First;
}

export type First = 'nothing' | 'complete' | 'token' | 'guest';

export type Operation = { readonly afterMs: number } & (
  | { readonly type: 'open'; readonly guests: 'explicit' | 'on-demand'; readonly hook: Hook; readonly first: First }
  | { readonly type: 'close' | 'crash' | 'freeze' | 'thaw' | 'awake' | 'reload' | 'unlink'; readonly page: number }
  | { readonly type: 'back' | 'everyone' | 'evict' | 'corrupt' | 'newer' | 'revoke' | 'foreign' | 'forge' | 'heal' }
  | { readonly type: 'token'; readonly page: number; readonly deadlineMs: number | null; readonly abortMs: number | null; readonly calls: number }
  | { readonly type: 'guest'; readonly page: number; readonly calls: number }
  | { readonly type: 'guestByRedirect' | 'signIn' | 'link'; readonly page: number; readonly connectionId: string; readonly trip: Trip }
  | { readonly type: 'resolve'; readonly page: number; readonly choice: 'stay_guest' | 'continue_as_user'; readonly trip: Trip }
  | { readonly type: 'logOut'; readonly page: number; readonly discard: 'yes' | 'no' }
  | { readonly type: 'jump'; readonly ms: number }
  | { readonly type: 'sleep'; readonly ms: number; readonly timers: 'count' | 'stand_still' }
  | { readonly type: 'serviceFault'; readonly fault: ServiceFault; readonly forMs: number }
  | { readonly type: 'storageFault'; readonly fault: StorageFault; readonly forMs: number; readonly page: number | null }
);

/** What may go wrong in one trace. */
export interface Weather {
  readonly service: boolean;
  readonly storage: boolean;
  readonly pages: boolean;
  readonly clock: boolean;
  /** The stored row is cleared, damaged, or written by a later version. */
  readonly loss: boolean;
  /** The service gives sessions up for reasons of its own. */
  readonly revocation: boolean;
}

export interface Plan {
  readonly seed: number;
  readonly dialect: Dialect;
  readonly identityInUse: 'grant' | 'error';
  readonly subjects: 'kept' | 'moved';
  /** Whether the app has a `mergeGuest`. */
  readonly merges: 'wanted' | 'none';
  readonly weather: Weather;
  readonly operations: readonly Operation[];
}

export const isCalm = (weather: Weather): boolean => !Object.values(weather).includes(true);

export function planOf(seed: number, only?: Dialect): Plan {
  const random = new Random(seed);
  const dialect = only ?? random.pick(['cookie', 'rotation'] as const);
  const wild = random.below(6);
  const flag = (): boolean => wild > 1 || (wild === 1 && random.chance(0.35));
  const weather: Weather = {
    service: flag() && random.chance(0.7), storage: flag() && random.chance(0.4), pages: flag() && random.chance(0.6),
    clock: flag() && random.chance(0.4), loss: flag() && random.chance(0.2), revocation: flag() && random.chance(0.2),
  };
  const first: Operation = { type: 'open', afterMs: 0, guests: random.pick(['explicit', 'on-demand']), hook: drawHook(random), first: random.pick(['nothing', 'complete', 'token', 'guest']) };
  const operations = [first, ...Array.from({ length: 8 + random.below(40) }, () => draw(random, weather))];
  return { seed, dialect, identityInUse: random.pick(['grant', 'grant', 'error']), subjects: random.pick(['kept', 'kept', 'moved']), merges: random.pick(['wanted', 'wanted', 'wanted', 'none']), weather, operations };
}

function draw(random: Random, weather: Weather): Operation {
  const type = random.weighted({
    open: 5, close: 2, token: 8, everyone: 3, guest: 5, guestByRedirect: 1, signIn: 1.5, link: 5, resolve: 6, logOut: 1.5, unlink: 0.5, awake: 1, reload: 1.5, foreign: 0.5, forge: 0.3,
    ...(weather.pages && { crash: 3, freeze: 3, thaw: 2, back: 2 }),
    ...(weather.service && { serviceFault: 8, heal: 1 }),
    ...(weather.storage && { storageFault: 4 }),
    ...(weather.clock && { jump: 2.5, sleep: 1.5 }),
    ...(weather.loss && { evict: 1.5, corrupt: 0.7, newer: 0.2 }),
    ...(weather.revocation && { revoke: 1.5 }),
  } satisfies Partial<Record<Operation['type'], number>>);
  const afterMs = drawPause(random);
  const page = random.below(8);
  switch (type) {
    case 'open': return { type, afterMs, guests: random.pick(['explicit', 'on-demand']), hook: drawHook(random), first: random.pick(['nothing', 'complete', 'token', 'guest']) };
    case 'token': return { type, afterMs, page, deadlineMs: random.pick([null, null, 0, 50, 500, 3_000, 20_000]), abortMs: random.chance(0.15) ? random.below(400) : null, calls: random.pick([1, 1, 2, 5]) };
    case 'guest': return { type, afterMs, page, calls: random.pick([1, 1, 2]) };
    case 'guestByRedirect': return { type, afterMs, page, connectionId: 'sc_guests', trip: drawTrip(random) };
    case 'signIn': case 'link': return { type, afterMs, page, connectionId: random.pick(['google', 'github']), trip: drawTrip(random) };
    case 'resolve': return { type, afterMs, page, choice: random.pick(['stay_guest', 'continue_as_user', 'continue_as_user']), trip: drawTrip(random) };
    case 'logOut': return { type, afterMs, page, discard: random.pick(['yes', 'no']) };
    case 'jump': return { type, afterMs, ms: random.pick([1, -1, 24, -24]) * 3_600_000 };
    case 'sleep': return { type, afterMs, ms: 8 * 3_600_000, timers: random.pick(['count', 'stand_still']) };
    case 'serviceFault': return { type, afterMs, fault: random.pick(serviceFaults), forMs: random.pick([60, 200, 1_000, 5_000, 20_000, 60_000]) };
    case 'storageFault': return { type, afterMs, fault: random.pick(storageFaults), forMs: random.pick([50, 500, 3_000, 15_000]), page: random.chance(0.5) ? page : null };
    case 'back': case 'everyone': case 'evict': case 'corrupt': case 'newer': case 'revoke': case 'foreign': case 'forge': case 'heal': return { type, afterMs };
    default: return { type, afterMs, page };
  }
}

const drawPause = (random: Random): number => {
  switch (random.weighted({ none: 4, moment: 6, second: 3, while: 2, lifetime: 3, long: 0.3 })) {
    case 'none': return 0;
    case 'moment': return random.below(150);
    case 'second': return random.below(3_000);
    case 'while': return random.below(20_000);
    case 'lifetime': return 100_000 + random.below(30_000);
    default: return 700_000;
  }
};

const drawHook = (random: Random): Hook => random.pick(['works', 'works', 'fails twice', 'hangs']);

const drawTrip = (random: Random): Trip => ({
  person: random.pick(['ada', 'ada', 'bob', null]),
  ends: random.chance(0.9) ? 'returns' : 'never returns',
  thinkMs: random.pick([10, 200, 5_000, 60_000, 620_000]),
  copies: random.pick([1, 1, 1, 2, 4]),
  reloadAfterMs: random.chance(0.2) ? random.below(300) : null,
  first: random.pick(['complete', 'complete', 'complete', 'token', 'guest', 'nothing']),
});
