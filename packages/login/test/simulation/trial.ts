/** Runs one plan against the real client, in a world where only the ports and the identity service are fakes. */
import * as acts from '../../src/acts.ts';
import { LoginClient } from '../../src/client.ts';
import type { GuestMerge } from '../../src/flows/merge.ts';
import type { Ports } from '../../src/ports/ports.ts';
import { Browser, SHOP, type Page } from './browser.ts';
import { Ledger, Violation, type Answer, type Watched } from './ledger.ts';
import type { First, Hook, Operation, Plan, Trip } from './operations.ts';
import { simulatedProvider } from './provider.ts';
import { Random } from './random.ts';
import { Schedule } from './schedule.ts';
import { Service, TOKEN_LIFETIME_MS } from './service.ts';

export interface Result {
  readonly violation: Violation | null;
  /** What happened, a line each: the same for the same plan, byte for byte. */
  readonly trace: readonly string[];
  readonly stats: Readonly<Record<'mints' | 'lostAnswers' | 'steals' | 'links' | 'merges' | 'tokens' | 'ends' | 'told', number>>;
}

interface Settings {
  readonly guests: 'explicit' | 'on-demand';
  /** How the app's `mergeGuest` behaves on this page, where the app has one. */
  readonly hook: Hook;
}

const REST_MS = 60_000;
/** As in client.ts. */
const DEFAULT_DEADLINE_MS = 15_000;

export class Trial {
  readonly schedule = new Schedule();
  readonly random: Random;
  readonly service: Service;
  readonly browser: Browser;
  readonly ledger: Ledger;
  readonly #settings = new Map<Page, Settings>();
  readonly #clients = new Map<Page, Watched>();
  /** Where each page's person goes when it leaves. */
  readonly trips = new Map<Page, Trip>();
  #faultEnds = (): void => undefined;

  /** `meddle` may put itself between a page and its ports. */
  constructor(readonly plan: Plan, readonly meddle: (ports: Ports, page: Page) => Ports = (ports) => ports) {
    this.random = new Random(plan.seed ^ 0x5bd1_e995);
    this.service = new Service({ dialect: plan.dialect, identityInUse: plan.identityInUse, subjects: plan.subjects, now: () => this.schedule.now() });
    this.browser = new Browser(this.schedule, this.random, this.service, {
      wrote: (page, before, after) => this.ledger.wrote(page, before, after),
      asked: (page, path) => this.ledger.asked(page, path),
      posted: (page, message) => this.ledger.posted(page, message),
      left: (page, url) => this.#leave(page, url),
    });
    this.ledger = new Ledger(plan, this.schedule, this.service, this.browser);
  }

  run(): Promise<Result> {
    return this.settle(async () => {
      for (const operation of this.plan.operations) {
        await this.pass(operation.afterMs);
        this.#do(operation);
        await this.pass(0);
      }
    });
  }

  /** Whatever happens, then the end of all faults, and the books. */
  async settle(story: () => Promise<void>): Promise<Result> {
    let violation: Violation | null = null;
    try {
      await story();
      await this.#finish();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      violation = error;
    }
    const { lostAnswers, locks } = this.browser;
    return { violation, trace: this.ledger.trace, stats: { mints: this.service.minted.length, lostAnswers, steals: locks.steals, ...this.ledger.counts } };
  }

  pass(ms: number): Promise<void> {
    return this.schedule.pass(ms, () => this.ledger.look());
  }

  #do(operation: Operation): void {
    const { browser, schedule } = this;
    this.ledger.say(`== ${describe(operation)}`);
    switch (operation.type) {
      case 'open':
        this.open('/', operation, operation.first);
        return;
      case 'everyone':
        for (const page of browser.alive()) this.token(page, null, null);
        return;
      case 'evict':
        browser.row = undefined;
        this.ledger.cleared();
        return;
      case 'corrupt':
        browser.row = { schema: 1, version: 'seven', session: { subject: 'planted' } };
        this.ledger.cleared();
        return;
      case 'newer':
        browser.row = { schema: 2, version: 1, session: null };
        this.ledger.cleared();
        return;
      case 'revoke':
        if (this.ledger.subject !== null) this.service.revoke(this.ledger.subject);
        return;
      case 'foreign':
        this.open(this.service.foreignCallback(`${SHOP}/`), { guests: 'explicit', hook: 'works' }, 'complete');
        return;
      case 'forge':
        browser.post(this.random.below(1_000), null);
        return;
      case 'heal':
        browser.serviceFault = null;
        return;
      case 'jump':
        schedule.offset += operation.ms;
        this.ledger.jumped(operation.ms);
        return;
      case 'sleep':
        schedule.sleep(operation.ms, operation.timers);
        this.ledger.slept();
        return;
      case 'serviceFault': {
        browser.serviceFault = operation.fault;
        this.#faultEnds();
        this.#faultEnds = schedule.after(operation.forMs, () => void (browser.serviceFault = null));
        return;
      }
      case 'storageFault': {
        const page = operation.page === null ? null : this.#choose(operation.page);
        const place = page ?? browser;
        place.storageFault = operation.fault;
        schedule.after(operation.forMs, () => void (place.storageFault = null));
        return;
      }
      case 'thaw': {
        const frozen = browser.pages.filter(({ state }) => state === 'frozen');
        frozen[operation.page % Math.max(1, frozen.length)]?.wake(schedule);
        return;
      }
      case 'back': {
        const page = browser.pages.filter(({ state }) => state === 'cached').at(-1);
        if (!page) return;
        page.wake(schedule);
        this.ledger.came(page);
        browser.tell(page, 'back');
        return;
      }
      default: {
        const page = this.#choose(operation.page);
        if (page) this.#onPage(page, operation);
      }
    }
  }

  #onPage(page: Page, operation: Exclude<Extract<Operation, { page: number }>, { type: 'thaw' | 'storageFault' }>): void {
    const { browser } = this;
    const login = this.login(page);
    const navigates = { ends: 'perhaps' as const };
    switch (operation.type) {
      case 'close':
        return browser.drop(page, 'closed');
      case 'crash':
        return browser.drop(page, 'crashed');
      case 'freeze':
        page.pause('frozen');
        return;
      case 'awake':
        return browser.tell(page, 'awake');
      case 'reload':
        return this.#reload(page, 'complete');
      case 'token':
        for (let call = 0; call < operation.calls; call++) this.token(page, operation.deadlineMs, operation.abortMs);
        return;
      case 'guest':
        this.ledger.asksForGuest(page);
        for (let call = 0; call < operation.calls; call++) this.ledger.track(page, 'authenticate()', login.authenticate());
        return;
      case 'guestByRedirect':
        this.trips.set(page, operation.trip);
        this.ledger.asksForGuest(page);
        this.ledger.track(page, 'authenticate(redirect)', login.authenticate({ mode: 'redirect' }), navigates);
        return;
      case 'signIn':
        this.trips.set(page, operation.trip);
        this.ledger.signsIn();
        this.ledger.track(page, `authenticate(${operation.connectionId})`, login.authenticate({ connectionId: operation.connectionId }), navigates);
        return;
      case 'link':
        this.trips.set(page, operation.trip);
        this.ledger.track(page, `linkIdentity(${operation.connectionId})`, login.linkIdentity({ connectionId: operation.connectionId }), navigates);
        return;
      case 'resolve':
        this.trips.set(page, operation.trip);
        if (operation.choice === 'continue_as_user') this.ledger.continues();
        this.ledger.track(page, `resolveLink(${operation.choice})`, login.resolveLink(operation.choice), navigates);
        return;
      case 'logOut':
        this.ledger.signsOut(page);
        this.ledger.track(page, `logOut(${operation.discard})`, login.logOut(operation.discard === 'yes' ? { discardGuest: true } : {}));
        return;
      case 'unlink':
        this.ledger.track(page, 'unlinkIdentity()', login.unlinkIdentity('google'));
        return;
    }
  }

  token(page: Page, deadlineMs: number | null, abortMs: number | null): void {
    const signal = new AbortController();
    if (abortMs !== null) this.schedule.after(abortMs, () => signal.abort(), page);
    const call = this.login(page).getToken({ ...(deadlineMs !== null && { deadlineMs }), ...(abortMs !== null && { signal: signal.signal }) });
    this.ledger.trackToken(page, call, deadlineMs ?? DEFAULT_DEADLINE_MS, signal.signal);
  }

  open(address: string, settings: Settings, first: First): Page {
    const page: Page = this.browser.open(address);
    this.#settings.set(page, settings);
    const provider = simulatedProvider(this.plan.dialect);
    const login = new LoginClient({
      provider, guests: settings.guests, guestConnectionId: 'sc_guests',
      ...(this.plan.merges === 'wanted' && { mergeGuest: (merge: GuestMerge) => this.#merge(page, settings.hook, merge) }),
    }, () => this.meddle(this.browser.ports(page), page), async () => acts);
    const watched: Watched = { page, login };
    this.#clients.set(page, watched);
    this.ledger.opened(watched, settings.hook);
    if (first === 'complete') this.ledger.track(page, 'completeLogin()', login.completeLogin());
    if (first === 'token') this.token(page, null, null);
    if (first === 'guest') {
      this.ledger.asksForGuest(page);
      this.ledger.track(page, 'authenticate()', login.authenticate());
    }
    // What ran synchronously has cleaned the address bar.
    if (first !== 'nothing') this.ledger.addressIsClean(page);
    return page;
  }

  #reload(page: Page, first: First): void {
    const { href } = page.address;
    this.browser.drop(page, 'closed');
    const reloaded = this.open(href, this.#settings.get(page) ?? { guests: 'explicit', hook: 'works' }, first);
    this.ledger.reloaded(page, reloaded);
  }

  /** The page sends the person away; what then happens is on their trip. */
  #leave(page: Page, url: string): void {
    const { schedule, browser, random } = this;
    const trip = this.trips.get(page) ?? { person: 'ada', ends: 'returns', thinkMs: 200, copies: 1, reloadAfterMs: null, first: 'complete' };
    this.ledger.say(`${page.name} leaves`);
    schedule.after(5 + random.below(40), () => {
      const keeps = page.underWay === 0 && !browser.locks.concerns(page) && random.chance(0.5);
      if (keeps) page.pause('cached');
      else browser.drop(page, 'closed');
      if (trip.ends === 'never returns' && random.chance(0.5)) return;
      schedule.after(trip.thinkMs, () => {
        if (browser.serviceFault === 'offline') return;
        const end = this.service.visit(url, trip.person);
        this.ledger.say(`${trip.person ?? 'nobody'} comes back`);
        if (trip.ends === 'never returns' || !end.startsWith(SHOP)) return;
        const settings = this.#settings.get(page) ?? { guests: 'explicit', hook: 'works' };
        const isGuestTrip = this.service.asksForGuest(url);
        for (let copy = 0; copy < trip.copies; copy++) {
          const back = this.open(end, settings, trip.first);
          if (isGuestTrip) this.ledger.asksForGuest(back);
          if (trip.reloadAfterMs !== null) schedule.after(trip.reloadAfterMs, () => { if (back.state === 'live') this.#reload(back, 'complete'); });
        }
      });
    }, page);
  }

  async #merge(page: Page, hook: Hook, merge: GuestMerge): Promise<void> {
    const tries = this.ledger.mergeBegins(page, merge);
    await new Promise<void>((resolve) => void this.schedule.after(20, resolve, page));
    if (hook === 'hangs') return new Promise<void>(() => undefined);
    if (hook === 'fails twice' && tries < 3) throw new Error('The cart service is down');
    this.ledger.mergeEnds(merge);
  }

  /** Faults stop, a minute passes, and a new tab is opened: nothing may be lost. */
  async #finish(): Promise<void> {
    const { browser, ledger, schedule } = this;
    ledger.say('== faults stop');
    browser.serviceFault = null;
    browser.storageFault = null;
    this.#faultEnds();
    for (const page of browser.pages) {
      page.storageFault = null;
      if (page.state === 'cached') browser.drop(page, 'closed');
      page.wake(schedule);
    }
    await this.pass(REST_MS);
    ledger.say('== a minute later');
    ledger.beforeTheEnd();
    const settings = { guests: 'explicit', hook: 'works' } as const;
    const fresh = this.open('/', settings, 'complete');
    const login = this.login(fresh);
    if (ledger.nothingLost(fresh, await this.#lastToken(login)) === 'clock_was_set_back') {
      // The device can't know it yet; by its own clock the token ends within one lifetime.
      await this.pass(TOKEN_LIFETIME_MS + 24 * 3_600_000);
      ledger.nothingLost(fresh, await this.#lastToken(login));
    }
    for (const page of browser.alive()) if (page !== fresh) this.token(page, null, null);
    await this.pass(30_000);
    ledger.allSettled();
    await this.pass(130_000);
    ledger.mergesDelivered(fresh);
  }

  async #lastToken(login: LoginClient): Promise<Answer> {
    const answers: Answer[] = [];
    const seen = (): Pick<Answer, 'subject' | 'renewed'> => ({ subject: this.ledger.subject, renewed: this.service.renewed });
    login.getToken().then(
      (token) => answers.push({ ...seen(), token, accepted: this.service.accepts(token) }),
      (error: unknown) => answers.push({ ...seen(), error }),
    );
    await this.pass(20_000);
    return answers[0] ?? { ...seen(), error: 'it hangs' };
  }

  login(page: Page): LoginClient {
    return (this.#clients.get(page) as Watched).login;
  }

  #choose(number: number): Page | null {
    const alive = this.browser.alive();
    return alive[number % Math.max(1, alive.length)] ?? null;
  }
}

export function describe(operation: Operation): string {
  const { type, afterMs, ...details } = operation;
  const said = Object.entries(details).map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  return [`+${afterMs}`, type, ...said].join(' ');
}
