import { checkOrigin } from '../checks.ts';
import { checkGate, checkStore, type CheckedGate, type GateSettings } from '../gate/settings.ts';
import { checkListed, isText } from '../listed-texts.ts';
import type { Store } from '../store/store.ts';
import { fitsTogether } from './together.ts';

export interface DescopeSettings extends GateSettings {
  /** The project's id, `P2…`. */
  readonly projectId: string;
  /** A management key of the project. A secret. */
  readonly managementKey: string;
  /** Where the shop's pages reach Descope: its custom domain where sessions travel in cookies. Default: `https://api.descope.com`, or that of the project's region. */
  readonly baseUrl?: string | undefined;
  /** `anonymous_jwt`: a guest is a token with nobody behind it. `temporary_user`: a guest is a user in the tenant of the guests. */
  readonly generation: 'anonymous_jwt' | 'temporary_user';
  /** What is remembered between requests: how often somebody asked. `memoryStore()` for one process. */
  readonly store: Pick<Store, 'takeTurn'>;
  /** What pages may keep about whoever is here: names of claims (new generation) and of custom attributes, 32 at most. Default: none. */
  readonly claims?: readonly string[] | undefined;
  /** What a new guest of the new generation begins with, by names that are listed in `claims`. */
  readonly initialClaims?: Readonly<Record<string, string>> | undefined;
  /** The tenant that a guest of the new generation is in. */
  readonly selectedTenant?: string | undefined;
  /** How long a guest of the new generation who does not come back may still come back. Default: as the project is set. */
  readonly refreshDurationSeconds?: number | undefined;
  /** The guests' tenant (`passerby-verifier descope tenant`), for `temporary_user`: whoever is in it is a guest. */
  readonly tenantId?: string | undefined;
  /** How sessions travel, the same as at the project and on the pages: see docs/protocol-descope.md. Default `body`. */
  readonly sessions?: 'body' | 'refresh_cookie' | 'cookies' | undefined;
  /** The `Domain` of the cookies, as at the project: the site that holds pages, verifier and Descope's custom domain. */
  readonly cookieDomain?: string | undefined;
  /** What becomes of a guest of the old generation whose e-mail is somebody's: that person is asked (default), the guest has moved to them, or Descope merges them into the guest. */
  readonly identityInUse?: 'ask' | 'merge_into_guest' | 'merge_into_existing' | undefined;
  /** Told what an operator has to change, at most once a minute for each message. Default: the console. It never holds a secret. */
  readonly report?: ((message: string) => void) | undefined;
  /** Where this server reaches Descope, for machines where its name does not resolve. Default: `baseUrl`. */
  readonly managementUrl?: string | undefined;
  /** Milliseconds since epoch. */
  readonly now?: (() => number) | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Fills the bytes from a cryptographic random source. */
  readonly random?: ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined;
}

export interface CheckedService {
  readonly projectId: string;
  readonly managementKey: string;
  readonly baseUrl: string;
  readonly managementUrl: string;
  readonly fetch: typeof globalThis.fetch;
  report(message: string): void;
  now(): number;
}

/** How a guest is made, and known: what one generation says is never held against the other's rules. */
export type Generation =
  | { readonly type: 'anonymous_jwt'; readonly initialClaims: Readonly<Record<string, string>>; readonly selectedTenant: string | undefined; readonly refreshDurationSeconds: number | undefined }
  | { readonly type: 'temporary_user'; readonly tenantId: string; readonly identityInUse: 'ask' | 'merge_into_guest' | 'merge_into_existing' };

export type Old = Generation & { readonly type: 'temporary_user' };

export type Travelling = { readonly by: 'body' } | { readonly by: 'refresh_cookie' | 'cookies'; readonly domain: string };

export interface CheckedDescope extends CheckedService, CheckedGate {
  readonly generation: Generation;
  readonly store: Pick<Store, 'takeTurn'>;
  readonly claims: readonly string[];
  readonly sessions: Travelling;
  random(bytes: Uint8Array<ArrayBuffer>): void;
}

/** The settings with their defaults; what cannot work is refused here and not at the first visitor. @throws TypeError, which holds no secret */
export function checkDescope(settings: DescopeSettings): CheckedDescope {
  refuseUnless(typeof settings === 'object' && settings !== null, 'settings are missing: write { projectId, managementKey, generation, origins, store }');
  const { store, claims = [] } = settings;
  const service = checkService(settings);
  const gate = checkGate(settings, 'createDescope');
  checkStore(store, ['takeTurn'], 'createDescope');
  checkListed(claims, 'createDescope: claims');
  return {
    ...service, ...gate, generation: checkGeneration(settings, claims), store, claims: [...claims], sessions: checkSessions(settings, service),
    random: settings.random ?? ((bytes) => void crypto.getRandomValues(bytes)),
  };
}

export type ServiceSettings = Pick<DescopeSettings, 'projectId' | 'managementKey' | 'baseUrl' | 'managementUrl' | 'fetch' | 'now' | 'report'>;

/** What is needed to speak to Descope for the shop. @throws TypeError, which holds no secret */
export function checkService({ projectId, managementKey, baseUrl = defaultBaseUrl(projectId), managementUrl = baseUrl, fetch, now, report }: ServiceSettings): CheckedService {
  refuseUnless(isProjectId(projectId), "projectId is missing: write the project's id as its console shows it, P2 and more");
  refuseUnless(typeof managementKey === 'string' && /^[!-9;-~]{1,1024}$/.test(managementKey), "managementKey is missing: write a management key of the project (Company, Management Keys)");
  checkOrigin(baseUrl, 'createDescope: baseUrl is not the origin of Descope');
  checkOrigin(managementUrl, 'createDescope: managementUrl is not an origin');
  refuseUnless([fetch, now, report].every((hook) => hook === undefined || typeof hook === 'function'), 'fetch, now or report is not a function');
  return {
    projectId, managementKey, baseUrl, managementUrl, fetch: fetch ?? ((...args) => globalThis.fetch(...args)), now: now ?? (() => Date.now()),
    report: report ?? ((message) => console.error('@passerby/verifier:', message)),
  };
}

const isProjectId = (id: unknown): id is string => typeof id === 'string' && /^P[A-Za-z0-9]{26,40}$/.test(id);

/** The region stands before the last 27 characters of the id. */
function defaultBaseUrl(projectId: unknown): string {
  const region = isProjectId(projectId) ? projectId.slice(1, -27) : '';
  return region === '' ? 'https://api.descope.com' : `https://api.${region}.descope.com`;
}

function checkGeneration(settings: DescopeSettings, claims: readonly string[]): Generation {
  const { generation, initialClaims, selectedTenant, refreshDurationSeconds, tenantId, identityInUse } = settings;
  refuseUnless(generation === 'anonymous_jwt' || generation === 'temporary_user', "generation is neither 'anonymous_jwt' nor 'temporary_user'");
  const isLeftOut = (values: readonly unknown[]): boolean => values.every((value) => value === undefined);
  if (generation === 'temporary_user') {
    refuseUnless(isLeftOut([initialClaims, selectedTenant, refreshDurationSeconds]), 'initialClaims, selectedTenant and refreshDurationSeconds are for anonymous_jwt: leave them out');
    refuseUnless(isId(tenantId), "tenantId is missing: `passerby-verifier descope tenant` makes the guests' tenant and tells its id");
    refuseUnless(identityInUse === undefined || ['ask', 'merge_into_guest', 'merge_into_existing'].includes(identityInUse), "identityInUse is none of 'ask', 'merge_into_guest' and 'merge_into_existing'");
    return { type: generation, tenantId, identityInUse: identityInUse ?? 'ask' };
  }
  refuseUnless(isLeftOut([tenantId, identityInUse]), 'tenantId and identityInUse are for temporary_user: leave them out');
  refuseUnless(selectedTenant === undefined || isId(selectedTenant), 'selectedTenant is not the id of a tenant');
  refuseUnless(refreshDurationSeconds === undefined || (Number.isSafeInteger(refreshDurationSeconds) && refreshDurationSeconds >= 180 && refreshDurationSeconds <= 315_360_000), 'refreshDurationSeconds is not a whole number from 180 to 315360000, which is ten years');
  refuseUnless(isTexts(initialClaims ?? {}, claims), 'initialClaims is not an object of texts of 1 to 512 bytes whose names are all listed in claims');
  refuseUnless(fitsTogether(initialClaims ?? {}), 'initialClaims has more than 2048 bytes, as JSON: nothing else would fit beside it');
  return { type: generation, initialClaims: { ...initialClaims }, selectedTenant, refreshDurationSeconds };
}

function isTexts(given: unknown, names: readonly string[]): boolean {
  return typeof given === 'object' && given !== null && Object.entries(given).every(([name, text]) => names.includes(name) && isText(text));
}

function isId(id: unknown): id is string {
  return typeof id === 'string' && /^[\w.-]{1,128}$/.test(id);
}

function checkSessions({ sessions = 'body', cookieDomain, origins }: DescopeSettings, { baseUrl }: CheckedService): Travelling {
  refuseUnless(sessions === 'body' || sessions === 'refresh_cookie' || sessions === 'cookies', "sessions is none of 'body', 'refresh_cookie' and 'cookies'");
  if (sessions === 'body') {
    refuseUnless(cookieDomain === undefined, "cookieDomain is for sessions in cookies: leave it out, or set sessions to what the project is set to");
    return { by: sessions };
  }
  refuseUnless(typeof cookieDomain === 'string' && /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(cookieDomain), 'cookieDomain is missing: write the Domain of the cookies as at the project, such as shop.example');
  const isWithin = (address: string): boolean => `.${new URL(address).hostname}`.endsWith(`.${cookieDomain}`);
  refuseUnless(isWithin(baseUrl), "baseUrl is not below cookieDomain, so its cookies would never be seen: write Descope's custom domain");
  refuseUnless(origins.every(isWithin), 'origins holds a page that is not below cookieDomain, so it would have no cookie');
  return { by: sessions, domain: cookieDomain };
}

function refuseUnless(holds: boolean, message: string): asserts holds {
  if (!holds) throw new TypeError(`createDescope: ${message}`);
}
