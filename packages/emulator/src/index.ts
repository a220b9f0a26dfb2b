export { createAuthress, type Authress } from './authress/authress.ts';
export { createServiceClient } from './authress/service-client.ts';
export type { Application, AuthressSettings, Connection, ServiceClient } from './authress/settings.ts';
export { DEFAULT_SWITCHES, type AuthressSwitches } from './authress/switches.ts';
export type { AccessLogEntry } from './access-log.ts';
export { ConnectionCut, Faults, type Fault, type FaultKind } from './faults.ts';
export { createOpenId, type OpenId } from './openid/openid.ts';
export type { OpenIdClient, OpenIdConnection, OpenIdSettings } from './openid/settings.ts';
export { serveEmulator, startAuthress, startOpenId, type ServeOptions, type Serving, type Site } from './serve.ts';
