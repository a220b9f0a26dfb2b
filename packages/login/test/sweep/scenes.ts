/** For each public method of the client: who is here before, and the call. */
import type { LoginClient } from '../../src/client.ts';
import type { Trip } from '../simulation/operations.ts';
import type { Page } from '../simulation/browser.ts';
import { TOKEN_LIFETIME_MS, type Dialect } from '../simulation/service.ts';
import type { Trial } from '../simulation/trial.ts';

export interface Scene {
  readonly name: string;
  /** Brings the world to the point before the call; the page that makes it. */
  readonly before: (trial: Trial) => Promise<Page>;
  readonly call: (login: LoginClient, trial: Trial, page: Page) => Promise<unknown>;
  /** A call that leaves the page never comes to an end. */
  readonly leaves: 'never' | 'perhaps';
  readonly identityInUse?: 'grant' | 'error';
  readonly subjects?: 'kept' | 'moved';
  readonly only?: Dialect;
}

const app = { guests: 'explicit', hook: 'works' } as const;
const trip: Trip = { person: 'bob', ends: 'returns', thinkMs: 200, copies: 1, reloadAfterMs: null, first: 'complete' };

const nobody = async (trial: Trial): Promise<Page> => {
  const page = trial.open('/', app, 'nothing');
  await trial.pass(50);
  return page;
};

const nobodyOnDemand = async (trial: Trial): Promise<Page> => {
  const page = trial.open('/', { ...app, guests: 'on-demand' }, 'nothing');
  await trial.pass(50);
  return page;
};

const guest = async (trial: Trial): Promise<Page> => {
  const page = trial.open('/', app, 'guest');
  await trial.pass(1_000);
  return page;
};

const lapsedGuest = async (trial: Trial): Promise<Page> => {
  await guest(trial);
  await trial.pass(TOKEN_LIFETIME_MS + 10_000);
  return nobody(trial);
};

/** The page that a person comes back to after a link, before anything ran there. */
const callback = (person: string) => async (trial: Trial): Promise<Page> => {
  const page = await guest(trial);
  trial.trips.set(page, { ...trip, person, first: 'nothing' });
  trial.ledger.track(page, 'linkIdentity(google)', trial.login(page).linkIdentity({ connectionId: 'google' }), { ends: 'perhaps' });
  await trial.pass(2_000);
  return trial.browser.pages.at(-1) ?? page;
};

const afterwards = (person: string) => async (trial: Trial): Promise<Page> => {
  const page = await callback(person)(trial);
  trial.ledger.track(page, 'completeLogin()', trial.login(page).completeLogin());
  await trial.pass(2_000);
  return page;
};

const user = afterwards('bob');
/** Ada has another subject already. */
const conflict = afterwards('ada');

const goes = (login: (client: LoginClient) => Promise<unknown>, person = 'bob') => (client: LoginClient, trial: Trial, page: Page): Promise<unknown> => {
  trial.trips.set(page, { ...trip, person });
  return login(client);
};

export const scenes: readonly Scene[] = [
  { name: 'authenticate() as a first visitor', before: nobody, leaves: 'never', call: (login) => login.authenticate() },
  { name: 'authenticate() as the guest who is here', before: lapsedGuest, leaves: 'never', call: (login) => login.authenticate() },
  { name: 'authenticate() by redirect', before: nobody, leaves: 'perhaps', call: goes((login) => login.authenticate({ mode: 'redirect' })) },
  { name: 'authenticate() of a person', before: nobody, leaves: 'perhaps', call: goes((login) => login.authenticate({ connectionId: 'google' })) },
  { name: 'authenticate() of a guest who signs in', before: guest, leaves: 'perhaps', call: goes((login) => login.authenticate({ connectionId: 'google' })) },
  { name: 'getToken() with a token in storage', before: async (trial) => { await guest(trial); return nobody(trial); }, leaves: 'never', call: (login) => login.getToken() },
  { name: 'getToken() with a token that is over', before: lapsedGuest, leaves: 'never', call: (login) => login.getToken() },
  { name: 'getToken() that starts a guest', before: nobodyOnDemand, leaves: 'never', call: (login) => login.getToken() },
  { name: 'linkIdentity()', before: guest, leaves: 'perhaps', call: goes((login) => login.linkIdentity({ connectionId: 'google' })) },
  { name: 'linkIdentity() of a lapsed guest', before: lapsedGuest, leaves: 'perhaps', call: goes((login) => login.linkIdentity({ connectionId: 'google' })) },
  { name: 'completeLogin() of a link', before: callback('bob'), leaves: 'never', call: (login) => login.completeLogin() },
  { name: 'completeLogin() of a guest who moves', before: callback('bob'), leaves: 'never', subjects: 'moved', call: (login) => login.completeLogin() },
  { name: 'completeLogin() of an identity in use', before: callback('ada'), leaves: 'never', call: (login) => login.completeLogin() },
  { name: 'completeLogin() of an identity in use that is told as an error', before: callback('ada'), leaves: 'never', identityInUse: 'error', call: (login) => login.completeLogin() },
  { name: "resolveLink('stay_guest')", before: conflict, leaves: 'never', call: (login) => login.resolveLink('stay_guest') },
  { name: "resolveLink('continue_as_user')", before: conflict, leaves: 'never', call: (login, { ledger }) => { ledger.continues(); return login.resolveLink('continue_as_user'); } },
  {
    name: "resolveLink('continue_as_user') by signing in once more", before: conflict, leaves: 'perhaps', identityInUse: 'error',
    call: (login, trial, page) => { trial.ledger.continues(); return goes((client) => client.resolveLink('continue_as_user'), 'ada')(login, trial, page); },
  },
  { name: 'logOut() of a guest', before: guest, leaves: 'never', call: (login, { ledger }, page) => { ledger.signsOut(page); return login.logOut({ discardGuest: true }); } },
  { name: 'logOut() of a user', before: user, leaves: 'never', call: (login, { ledger }, page) => { ledger.signsOut(page); return login.logOut(); } },
  { name: 'unlinkIdentity()', before: user, leaves: 'never', call: (login) => login.unlinkIdentity('google') },
  { name: 'subscribe()', before: guest, leaves: 'never', call: async (login) => login.subscribe(() => undefined) },
];
