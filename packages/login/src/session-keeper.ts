/** Keeps the session going: the one class that writes what happened into the record, renews its grant, and has one tab ask where twenty would. */
import { isLoginError, LoginError } from '@passerby/shared';
import { becameUser, endsSession, putOffUntil, waitMs, type GuestWish, type Step } from './core/policy.ts';
import { transition, type SessionEvent, type SessionRecord } from './core/record.ts';
import type { Ports, ProviderPorts } from './ports/ports.ts';
import type { Provider } from './providers/provider.ts';
import type { Session, SessionReader } from './session-reader.ts';

/** All that one piece of work under the lock may take: less than what the others wait for it. */
const WORK_MS = 9_000;
const NEW_MS = 10_000;

export class SessionKeeper {
  readonly provider: Provider;
  readonly #flights = new Map<string, Promise<unknown>>();

  constructor(readonly reader: SessionReader, readonly ports: Ports) {
    this.provider = reader.provider;
  }

  /** Who is here and all that is under way, as this tab knows it. */
  get record(): SessionRecord {
    return this.reader.record;
  }

  /** False while storage lags behind what this tab knows. */
  get saved(): boolean {
    return this.reader.saved;
  }

  snapshot(): Session | null {
    return this.reader.snapshot();
  }

  nextStep(guests: GuestWish): Step {
    return this.reader.nextStep(guests);
  }

  /** Reads again: another tab may have won. */
  read(): Promise<SessionRecord> {
    return this.reader.read();
  }

  /** Resolves after `ms`, or as soon as anything changes. */
  pause(ms: number): Promise<void> {
    return this.reader.pause(ms);
  }

  /** Reads once more where storage did not answer yet: it may hold somebody, whose cookie a new guest would take. */
  insist(): Promise<void> {
    return this.reader.insist();
  }

  /** Resolves when this tab knows what it may have missed; null: it has missed nothing. */
  caughtUp(): Promise<unknown> | null {
    return this.reader.caughtUp();
  }

  /** Writes what happened, and has the other tabs look. False where it no longer fitted. */
  commit(event: SessionEvent): Promise<boolean> {
    return this.reader.update((current) => transition(current, event));
  }

  /** Runs work once for all callers in this tab that ask while it runs. */
  once<T>(name: string, work: () => Promise<T>): Promise<T> {
    const running = this.#flights.get(name) as Promise<T> | undefined;
    if (running) return running;
    const flight = work().finally(() => this.#flights.delete(name));
    this.#flights.set(name, flight);
    return flight;
  }

  /** The same, and in one tab at a time, on what is stored by then. */
  alone<T>(name: string, work: (ports: ProviderPorts, record: SessionRecord) => Promise<T>): Promise<T> {
    return this.once(name, () => this.ports.lock.run(() => this.ask(async (ports) => work(ports, await this.read()))));
  }

  /** Gives work the provider's ports; its requests end before another tab loses patience with the lock. */
  async ask<T>(work: (ports: ProviderPorts) => Promise<T>): Promise<T> {
    const budget = new AbortController();
    const over = new AbortController();
    void this.ports.clock.sleep(WORK_MS, over.signal).then(() => budget.abort());
    return work({ ...this.ports.provider, signal: budget.signal }).finally(() => over.abort());
  }

  /**
   * Gets the session its next credential, once for all tabs. `refused`: the token that an API did not take, however long it still had.
   * @throws LoginError `grant_refused`, `session_changed`, `config_invalid`, retryable codes
   */
  renew(refused?: string): Promise<void> {
    return this.alone(refused === undefined ? 'renew' : 'renew refused', async (ports, record) => {
      const { session, turn } = record;
      const step = this.nextStep('explicit');
      // An API that refuses what was issued just now refuses the next one too.
      const isRefused = session?.accessToken === refused && session?.renewal.type !== 'none' && this.reader.ageMs() > NEW_MS && waitMs(record, ports.now()) === 0;
      if (!session || !(isRefused || step === 'refresh' || step === 'serve_and_refresh')) return;
      // Its life counts from before it was asked for: the answer may find this tab asleep.
      const at = ports.now();
      try {
        const grant = await this.provider.refresh(session, ports);
        if (grant.subject !== session.subject) throw new LoginError('session_changed', "The service's session is somebody else's by now; this one was kept as it is");
        await this.commit({ type: 'renewed', grant, at, turn });
      } catch (error) {
        if (isLoginError(error) && becameUser(error) && session.kind === 'guest') await this.commit({ type: 'upgraded', subject: session.subject });
        else if (isLoginError(error) && endsSession(error)) await this.commit({ type: 'refused', token: step === 'refresh' || session.tokenType === 'Cookie' ? 'over' : 'works', turn });
        else await this.putOff(error);
        throw error;
      }
    });
  }

  /** Has every tab wait before it asks the service again. */
  async putOff(error: unknown): Promise<void> {
    if (!isLoginError(error)) return;
    const { clock, random } = this.ports;
    await this.commit(putOffUntil(this.record, error, clock.now(), random()));
  }
}
