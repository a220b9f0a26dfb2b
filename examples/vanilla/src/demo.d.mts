import type { AppId, Authress, AuthressSwitches, Descope, Mailbox, OpenId, Zitadel } from '@passerby/emulator';
import type { Store } from '@passerby/verifier';

export interface DemoOptions {
  /** Authress (default), an OpenID provider whose guests the verifier issues, ZITADEL, Descope, or IBM App ID. */
  readonly provider?: 'authress' | 'oidc' | 'zitadel' | 'descope' | 'app-id';
  /** Which of Descope's two kinds of guests. Default: new. */
  readonly generation?: 'new' | 'old';
  /** Whether App ID's application has a secret, which a verifier holds, or is the page alone. Default: regular. */
  readonly client?: 'regular' | 'public';
  /** The first of five ports: shop, login host, verifier, Google, GitHub. Default 4600; 0: any five that are free. */
  readonly port?: number;
  /** Default `login.shop.localhost`, of one site with the shop. Another site, such as `login.elsewhere.localhost`, loses the session cookie. */
  readonly loginHost?: string;
  /** Of Authress alone. */
  readonly switches?: Partial<AuthressSwitches>;
  /** 24 hours when absent; 10 minutes where the verifier issues it. */
  readonly accessTokenLifetimeSeconds?: number;
  /** 30 days when absent. Of Authress alone. */
  readonly sessionLifetimeSeconds?: number;
  /** Where the verifier remembers whose an identity is. Of the OpenID provider alone. Default: in memory, and nowhere after the demo is closed. */
  readonly openStore?: (options: { readonly clock: (() => number) | undefined }) => Promise<OpenedStore>;
  /** With which Descope signs, RS256; made at every start when absent. Of Descope alone. */
  readonly signingKey?: CryptoKeyPair;
  /** The servers' clock, milliseconds since epoch. */
  readonly clock?: () => number;
}

export interface OpenedStore {
  readonly store: Store;
  close(): Promise<void>;
}

export interface RequestEntry {
  readonly method: string;
  /** Without its query. */
  readonly pathname: string;
  /** Sec-Fetch-Dest: `document`, `iframe`, `script`, `empty`…; '' where no browser asks. */
  readonly dest: string;
}

export interface Cart {
  readonly subject: string;
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
  readonly count: number;
  readonly totalCents: number;
}

export interface Carts {
  of(subject: string): Cart;
  add(subject: string, sku: string): void;
  empty(subject: string): void;
  note(caller: { readonly subject: string; readonly kind: 'guest' | 'user' }): void;
  isUsers(subject: string): boolean;
  hasMerged(merge: { readonly to: string; readonly key: string }): boolean;
  merge(merge: { readonly from: string; readonly to: string; readonly key: string }): void;
}

export interface Demo {
  readonly shopUrl: string;
  readonly loginUrl: string;
  readonly verifierUrl: string;
  /** Takes the emulator off the network and puts it back, with all it knew. */
  readonly emulator: { start(): Promise<void>; stop(): Promise<void> };
  readonly shop: { readonly requests: RequestEntry[]; readonly carts: Carts };
  readonly verifierRequests: RequestEntry[];
  close(): Promise<void>;
}

export interface AuthressDemo extends Demo {
  readonly googleUrl: string;
  readonly githubUrl: string;
  /** The emulated account: its switches, faults and log. */
  readonly authress: Authress;
}

export interface OpenIdDemo extends Demo {
  /** The emulated provider: its faults and log. */
  readonly openid: OpenId;
}

export interface ZitadelDemo extends Demo {
  /** The emulated instance: its users, settings, faults and log. */
  readonly zitadel: Zitadel;
  readonly mailUrl: string;
  /** Where the codes of the verifier end up. */
  readonly mailbox: Mailbox;
}

export interface DescopeDemo extends Demo {
  /** The emulated project: its users, switches, faults and log. */
  readonly descope: Descope;
  readonly mailUrl: string;
  /** Where Descope's codes and links end up. */
  readonly mailbox: Mailbox;
}

export interface AppIdDemo extends Demo {
  /** The emulated tenant: its profiles, settings, switches, faults and log. */
  readonly appId: AppId;
}

export function startDemo(options: DemoOptions & { readonly provider: 'oidc' }): Promise<OpenIdDemo>;
export function startDemo(options: DemoOptions & { readonly provider: 'descope' }): Promise<DescopeDemo>;
export function startDemo(options: DemoOptions & { readonly provider: 'app-id' }): Promise<AppIdDemo>;
export function startDemo(options: DemoOptions & { readonly provider: 'zitadel' }): Promise<ZitadelDemo>;
export function startDemo(options?: DemoOptions & { readonly provider?: 'authress' }): Promise<AuthressDemo>;
