/** What the client borrows from the browser. Each port is a few functions wide, so that a test or a simulation can be one. */

export interface Clock {
  /** Ms since epoch, as this device believes. */
  now(): number;
  /** Ms that only ever grow while the page lives. */
  monotonic(): number;
  /** Resolves after `ms`, or as soon as the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** One value, read and changed atomically across tabs. Rejects when storage does not work or does not answer in time. */
export interface Store {
  read(): Promise<unknown>;
  update(change: (current: unknown) => unknown): Promise<void>;
}

export interface Lock {
  /** Runs `work` while no other tab runs theirs. A courtesy that saves requests: it is taken by force from a holder that sleeps. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

export interface Channel {
  /** Never throws. */
  post(version: number): void;
  listen(heard: (version: number) => void): void;
}

/** What happens to the page and to its network. */
export interface Lifecycle {
  /** `back`: from the back/forward cache or from being frozen, where it heard nothing. `awake`: seen again, or online again. */
  watch(told: (what: 'back' | 'awake') => void): void;
  /** Resolves when the page has nothing better to do; absent: it never tells. */
  idle?(): Promise<void>;
}

export interface Navigation {
  current(): URL;
  /** Changes what the address bar shows; no navigation, no history entry. Never throws. */
  rewrite(url: URL): void;
  leave(url: string): void;
  /** Opens a window for a sign-in, at once, as browsers ask for in a click; null: it was blocked. */
  openPopup(): Popup | null;
  /** Closes this window, where it is such a one. */
  closePopup(): void;
}

export interface Popup {
  go(url: string): void;
  close(): void;
  /** True where the person closed it and looks at this page again. A page in it may cut the tie to this one: then it seems closed and is not. */
  isGivenUp(): boolean;
}

export interface Frame {
  /**
   * Sends a hidden frame on its way and resolves with the address it ends on.
   * @throws LoginError `frame_blocked`, `deadline`
   */
  travel(url: string, isEnd: (url: URL) => boolean, signal: AbortSignal): Promise<URL>;
  /** True once this page's own policy has forbidden a frame: only a redirect is left. */
  isForbidden(): boolean;
}

/** What a provider gets: it never stores, locks, navigates, waits or reads a global. */
export interface ProviderPorts {
  /** Rejects after eight seconds without an answer. */
  fetch(url: string, init: RequestInit): Promise<Response>;
  readonly crypto: Crypto;
  now(): number;
  /** Lets the page breathe in the middle of long work. */
  breathe(): Promise<void>;
  /** The cookies this page may read. */
  cookies(): string;
  readonly signal: AbortSignal;
}

/** Where requests go, and whether with cookies, as a link says it: browsers keep the connections for the one and the other apart. */
export interface Destination {
  readonly href: string;
  readonly crossOrigin: 'anonymous' | 'use-credentials';
}

/** Imports a file of this library, which may be asked for once more where it did not come. */
export type Bring = <File>(load: () => Promise<File>) => Promise<File>;

/** What every page borrows. */
export interface PagePorts {
  readonly clock: Clock;
  readonly store: Store;
  readonly channel: Channel;
  readonly lifecycle: Lifecycle;
  readonly navigation: Navigation;
  /** Opens a connection that will be needed soon, and sends nothing over it; absent: the first request opens it. */
  connect?(to: Destination): void;
  /** A number from 0 to 1, for jitter. */
  random(): number;
}

/** What whoever asks a service borrows besides. */
export interface ActPorts {
  readonly lock: Lock;
  readonly frame: Frame;
  readonly provider: Omit<ProviderPorts, 'signal'>;
  /** Sends a request of the app's own, as it is. */
  send(request: Request): Promise<Response>;
}

export interface Ports extends PagePorts, ActPorts {}

/** Makes the ports of the client with this name; called at its first use, never by its constructor. What is not there of an act's is the browser's own. */
export type PortsFor = (name: string) => PagePorts & Partial<ActPorts>;
