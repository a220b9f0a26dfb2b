import type { SubjectKind } from '@passerby/shared';
import type { Answer } from '../gate/form-endpoints.ts';
import { required, type Asked } from '../issuer/form.ts';
import { Refused } from '../issuer/refused.ts';
import type { Recent } from '../recent.ts';
import type { SignIn } from '../tokens/id-token.ts';
import { Unauthorized } from '../tokens/unauthorized.ts';
import { AppIdFailed } from './failures.ts';
import type { Service, Tokens } from './service.ts';
import type { CheckedAppId } from './settings.ts';
import type { CallerParts, Holder } from './token-check.ts';

/** What a route works with. */
export interface Context extends CallerParts {
  readonly settings: CheckedAppId;
  readonly store: CheckedAppId['store'];
  readonly service: Service;
  /** Codes that were redeemed, and sessions that were renewed, just now. */
  readonly recent: Recent<Issued>;
  /** Resolves once App ID's keys are at hand. @throws Unauthorized `keys_unavailable` */
  keysReady(): Promise<void>;
  /** @throws Unauthorized */
  checkIdToken(idToken: string, expected: { readonly nonce: string }): Promise<SignIn>;
}

/** A session of App ID's. */
export interface Issued {
  readonly tokens: Tokens;
  readonly holder: Holder;
}

/** Answers one route. @throws Refused, AppIdFailed, Unauthorized */
export type Route = (asked: Asked, context: Context) => Promise<Answer>;

/** The guest whose token a form holds. @throws Refused `guest_expired`, `guest_revoked`, `invalid_grant`; Unauthorized */
export async function guestIn({ form }: Asked, context: Context): Promise<Holder> {
  const holder = await context.checkToken(required(form, 'token')).catch((error: unknown) => {
    if (error instanceof Unauthorized && error.code === 'token_expired') throw new Refused('guest_expired', 'This guest did not come back in time: the token has ended, and with it the way to what App ID keeps about them');
    throw error;
  });
  if (holder.kind !== 'guest') throw new Refused('invalid_grant', 'This is not the token of a guest');
  // Also who became a user by an answer that was lost: 401 has the page sign the person in without the guest, and compare.
  if (await context.store.guestRow(holder.subject)) throw revoked();
  return holder;
}

export function revoked(): Refused {
  return new Refused('guest_revoked', 'App ID does not take the token of this guest any more');
}

/** Whose the tokens are that App ID has just handed out: what is wrong with them is no fault of whoever asked. @throws AppIdFailed; Unauthorized `keys_unavailable` */
export async function issued(tokens: Tokens, kind: SubjectKind, { checkToken }: Pick<Context, 'checkToken'>): Promise<Issued> {
  try {
    const holder = await checkToken(tokens.accessToken);
    if (holder.kind === kind) return { tokens, holder };
  } catch (error) {
    if (!(error instanceof Unauthorized) || error.code === 'keys_unavailable') throw error;
  }
  throw new AppIdFailed('setting', `App ID hands out something else than the token of a ${kind}: compare oauthServerUrl and clientId with the service credentials`);
}

/** A session as a page gets it. A guest is renewed by the token itself. */
export function answerSession({ tokens: { accessToken, refreshToken }, holder: { subject, kind, claims } }: Issued): Answer['body'] {
  const lifetime = Number(claims['exp']) - Number(claims['iat']);
  return { access_token: accessToken, ...(kind === 'user' && refreshToken !== undefined && { refresh_token: refreshToken }), subject, kind, expires_in: lifetime };
}
