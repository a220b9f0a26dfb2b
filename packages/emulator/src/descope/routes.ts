import { startFlow, nextFlow } from './flow.ts';
import { sendLink, sendUpdateLink, verifyLink } from './magic-link.ts';
import {
  addTenant, createUser, deleteUser, deleteUsers, loadUser, logoutUser, patchUser, removeTenant, search, setActivePassword, updateCustomAttribute, updateEmail, updateLoginId, updateUser,
} from './managed-users.ts';
import { anonymous, configureTenant, createTenant, license, loadTenant, tenantSettings, updateJwt } from './management.ts';
import { askWho, authorize, authorizeUpdate, cancel, choosePerson, exchange, SIGN_IN } from './oauth.ts';
import { sendCode, sendUpdateCode, verifyCode } from './otp.ts';
import { replace, signIn, signUp, update } from './password.ts';
import { keySet, logout, logoutAll, me, refresh, tryRefresh } from './session.ts';
import { generateCode, generateLink } from './test-users.ts';
import type { Visit } from './world.ts';

/** Who may ask: whoever has the project's id, whoever has its management key, or a person with a browser. */
export type Audience = 'project' | 'management' | 'anybody' | 'person';

export interface Route {
  readonly name: string;
  readonly audience: Audience;
  readonly answer: (visit: Visit) => Response | Promise<Response>;
}

const of = (audience: Audience, answers: Readonly<Record<string, Route['answer']>>): readonly Route[] => Object.entries(answers).map(([name, answer]) => ({ name, audience, answer }));

const ROUTES: readonly Route[] = [
  ...of('anybody', { 'GET /v2/keys/{id}': keySet }),
  ...of('project', {
    'POST /v1/auth/refresh': refresh,
    'POST /v1/auth/try-refresh': tryRefresh,
    'GET /v1/auth/me': me,
    'POST /v1/auth/logout': logout,
    'POST /v1/auth/logoutall': logoutAll,
    'POST /v1/auth/otp/signup-in/email': sendCode('signup-in'),
    'POST /v1/auth/otp/signup/email': sendCode('signup'),
    'POST /v1/auth/otp/signin/email': sendCode('signin'),
    'POST /v1/auth/otp/update/email': sendUpdateCode,
    'POST /v1/auth/otp/verify/email': verifyCode,
    'POST /v1/auth/magiclink/signup-in/email': sendLink('signup-in'),
    'POST /v1/auth/magiclink/signup/email': sendLink('signup'),
    'POST /v1/auth/magiclink/signin/email': sendLink('signin'),
    'POST /v1/auth/magiclink/update/email': sendUpdateLink,
    'POST /v1/auth/magiclink/verify': verifyLink,
    'POST /v1/auth/password/signup': signUp,
    'POST /v1/auth/password/signin': signIn,
    'POST /v1/auth/password/replace': replace,
    'POST /v1/auth/password/update': update,
    'POST /v1/auth/oauth/authorize': authorize,
    'POST /v1/auth/oauth/update': authorizeUpdate,
    'POST /v1/auth/oauth/exchange': exchange,
    'POST /v1/flow/start': startFlow,
    'POST /v1/flow/next': nextFlow,
  }),
  ...of('management', {
    'GET /v1/mgmt/license': license,
    'POST /v1/mgmt/auth/anonymous': anonymous,
    'POST /v1/mgmt/jwt/update': updateJwt,
    'POST /v1/mgmt/user/create': createUser('real'),
    'POST /v1/mgmt/user/create/test': createUser('test'),
    'GET /v1/mgmt/user': loadUser,
    'POST /v1/mgmt/user/update': updateUser,
    'PATCH /v1/mgmt/user/patch': patchUser,
    'POST /v1/mgmt/user/delete': deleteUser,
    'POST /v1/mgmt/user/delete/batch': deleteUsers,
    'POST /v1/mgmt/user/logout': logoutUser,
    'POST /v1/mgmt/user/update/tenant/add': addTenant,
    'POST /v1/mgmt/user/update/tenant/remove': removeTenant,
    'POST /v1/mgmt/user/update/loginid': updateLoginId,
    'POST /v1/mgmt/user/update/email': updateEmail,
    'POST /v1/mgmt/user/update/customAttribute': updateCustomAttribute,
    'POST /v1/mgmt/user/password/set/active': setActivePassword,
    'POST /v2/mgmt/user/search': search,
    'POST /v1/mgmt/tenant/create': createTenant,
    'GET /v1/mgmt/tenant': loadTenant,
    'GET /v1/mgmt/tenant/settings': tenantSettings,
    'POST /v1/mgmt/tenant/settings': configureTenant,
    'POST /v1/mgmt/tests/generate/otp': generateCode,
    'POST /v1/mgmt/tests/generate/magiclink': generateLink,
  }),
  ...of('person', {
    [`GET ${SIGN_IN}/{id}`]: askWho,
    [`POST ${SIGN_IN}/{id}`]: choosePerson,
    [`GET ${SIGN_IN}/{id}/cancel`]: cancel,
  }),
];

export interface Match {
  readonly route: Route;
  /** The variable part of the path. */
  readonly id: string;
}

/** The route of a request; a path that is there under another method is told apart from one that is not. */
export function findRoute(method: string, pathname: string): Match | 'no_such_method' | 'no_such_address' {
  let missed: 'no_such_method' | 'no_such_address' = 'no_such_address';
  for (const { route, verb, pattern } of COMPILED) {
    const match = pattern.exec(pathname);
    if (match && verb === method) return { route, id: match.groups?.['id'] ?? '' };
    if (match) missed = 'no_such_method';
  }
  return missed;
}

const COMPILED = ROUTES.map((route) => {
  const [verb = '', path = ''] = route.name.split(' ');
  return { route, verb, pattern: new RegExp(`^${path.replace('{id}', '(?<id>[A-Za-z0-9]+)')}$`) };
});
