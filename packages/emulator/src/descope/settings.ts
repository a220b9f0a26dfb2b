import { checkOrigin, checkPlace } from '../origins.ts';
import type { Mail } from '../mailbox.ts';
import type { DescopeSwitches } from './switches.ts';

export interface DescopeSettings {
  /** What the SDKs call `baseUrl`, an origin such as `http://descope.shop.localhost:4601`; with cookies, the custom domain. */
  readonly baseUrl: string;
  /** Origins of the shop's pages, to the letter: they may call from the browser, and people come back to them. */
  readonly appOrigins: readonly string[];
  /** 27 letters and digits that begin with `P2`; always the same one when absent. */
  readonly projectId?: string;
  /** A new random one when absent. */
  readonly managementKey?: string;
  /** For RS256; made at every start when absent. */
  readonly signingKey?: CryptoKeyPair;
  /** With whom people can sign in; Google and GitHub when absent. */
  readonly providers?: readonly DescopeProvider[];
  /** Where mail goes; nowhere when absent. */
  readonly send?: (mail: Mail) => void;
  /** 10 minutes when absent. */
  readonly sessionTokenSeconds?: number;
  /** 28 days when absent. */
  readonly refreshTokenSeconds?: number;
  /** How long a code or a link of a mail is good for; 3 minutes when absent. */
  readonly codeSeconds?: number;
  /** The `Domain` of cookies; none when absent. */
  readonly cookieDomain?: string;
  readonly switches?: Partial<DescopeSwitches>;
  /** Milliseconds since epoch; the system's clock when absent. */
  readonly now?: () => number;
  /** Waits this many milliseconds, for the fault `delay`; a real timer when absent. */
  readonly sleep?: (ms: number) => Promise<void>;
}

export interface DescopeProvider {
  /** `google` */
  readonly providerId: string;
  /** What people read on its sign-in page. */
  readonly name: string;
}

/** Refuses to work in production, and under any name that could be a real one. @throws Error */
export function checkSettings({ baseUrl, appOrigins, projectId }: DescopeSettings, environment: string | undefined): void {
  checkPlace([baseUrl], environment);
  appOrigins.forEach(checkOrigin);
  // The SDKs read a region out of whatever is before the last 27 letters.
  if (projectId !== undefined && !/^P[A-Za-z0-9]{26}$/.test(projectId)) throw new Error('A projectId is a P and 26 letters or digits');
}
