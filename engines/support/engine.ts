/** What the tests ask of a browser, whichever engine is in it. What an engine cannot do is not there: an absent method is the flag. */

export type EngineName = 'Chromium' | 'Firefox' | 'WebKitGTK';

export interface Engine {
  readonly name: EngineName;
  /** How many tabs make a crowd here. */
  readonly crowd: number;
  launch(settings?: LaunchSettings): Promise<Browser>;
}

export interface LaunchSettings {
  /** Keeps pages for Back, which the drivers switch off by themselves. */
  readonly backForwardCache?: 'on';
  /** Lets a tab be frozen: the driver's own wish that every page looks seen would keep it awake. One visitor a browser. */
  readonly freezing?: 'on';
  /** The browser's own private mode. */
  readonly privateMode?: 'on';
  /** What happens to cookies of a frame from another site; default: whatever the engine does by itself. `allowed` in Chromium: one visitor a browser. */
  readonly thirdPartyCookies?: 'blocked' | 'allowed' | 'partitioned';
}

export interface Browser {
  /** Somebody with cookies and storage of their own. */
  visitor(): Promise<Visitor>;
  close(): Promise<void>;
}

export interface Visitor {
  openTab(url: string): Promise<Tab>;
  /** The windows that pages opened by themselves, as far as they are still there. */
  popups(): Promise<readonly Tab[]>;
  /** The cookies of this site, also those that no script may read. */
  cookies(url: string): Promise<readonly Cookie[]>;
  close(): Promise<void>;
}

export interface Cookie {
  readonly name: string;
  readonly value: string;
}

export interface Tab {
  goto(url: string): Promise<void>;
  /** Runs a function in the page, as text: it sees nothing of the test but its argument, which is JSON. An expression may be given as text too. */
  evaluate<R>(work: (() => R | Promise<R>) | string): Promise<R>;
  evaluate<R, A>(work: (argument: A) => R | Promise<R>, argument: A): Promise<R>;
  /** Clicks as a hand does: what it does is the person's own wish. */
  press(selector: string): Promise<void>;
  close(): Promise<void>;
  /** Brings the page's window before all others, as a person does who wants to look at it. */
  lookAt?(): Promise<void>;
  /** Ends the page's process as a fault would. */
  crash?(): Promise<void>;
  freeze?(): Promise<void>;
  thaw?(): Promise<void>;
  /** Clears what the origin stored, as the person does in the browser's settings. */
  clearStorage?(origin: string): Promise<void>;
  /** Leaves the origin this many bytes; null: as many as ever. */
  limitStorage?(origin: string, bytes: number | null): Promise<void>;
  /** Why the page was not kept for Back, as the browser says. */
  notRestoredBecause?(): Promise<readonly string[]>;
}

export const asScript = (work: unknown, argument: unknown): string => typeof work === 'string' ? work : `(${String(work)})(${argument === undefined ? '' : JSON.stringify(argument)})`;
