/** The client for any provider; the root entry is the same with Authress settings built in. */
export type { AuthenticateOptions, LinkOptions, TokenOptions } from './calls.ts';
export { LoginClient } from './client.ts';
export type { CoreOptions } from './core/options.ts';
export type { NoticeType } from './core/notice.ts';
export type { Ended, PendingAuthorization, Purpose } from './core/record.ts';
export type { GuestPolicy } from './core/policy.ts';
export type { Attributes } from './flows/attributes.ts';
export type { AskPerson } from './flows/challenge.ts';
export type { LogOutOptions } from './flows/log-out.ts';
export type { GuestMerge, MergeGuest } from './flows/merge.ts';
export type { LinkOutcome } from './flows/outcome.ts';
export type { LoadActs } from './load-acts.ts';
export type { ActPorts, PagePorts, Popup, Ports, PortsFor, ProviderPorts } from './ports/ports.ts';
export type {
  Answer, AttributeChange, AttributeValues, Authorization, AuthorizationRequest, CallbackMarks, Challenge, LinkedIdentity, LinkStep, ProvenRequest, Provider, Redemption, Registration,
} from './providers/provider.ts';
export type { Listener, Notice, Session } from './session-reader.ts';
export { isLoginError, LoginError } from '@passerby/shared';
export type { DeviceKey, Grant, LoginErrorCode, StoredSession, SubjectKind } from '@passerby/shared';
