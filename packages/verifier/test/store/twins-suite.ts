import fc from 'fast-check';
import { expect, it } from 'vitest';
import { memoryStore, type Gainer, type GuestRow, type Store } from '../../src/index.ts';
import { decided, sent } from './guests-suite.ts';
import { google, guest, NOW, signIn, type OpenStore } from './people.ts';

const RATES = [{ burst: 2, perSecond: 1 }, { burst: 5, perSecond: 7 }, { burst: 1, perSecond: 0.3 }] as const;
const PEOPLE = ['ada', 'bob', 'cyd'];
const FAR = NOW + 86_400_000;

type Step = (store: Store) => Promise<unknown>;

const who = fc.constantFrom(...PEOPLE);
const identity = fc.constantFrom('one', 'two', 'three').map(google);
const gainer = fc.record({ name: who, kind: fc.constantFrom('guest', 'user'), generation: fc.nat(2), session: fc.nat(2) })
  .map(({ name, kind, generation, session }): Gainer => ({ subject: guest(name).subject, kind: kind as Gainer['kind'], generation: kind === 'guest' ? 0 : generation, sessionId: `${session}` }));

const row = fc.option(fc.record({ state: fc.constantFrom('upgrading', 'gone'), by: fc.constantFrom('one', 'two'), until: fc.constantFrom(null, NOW - 1, FAR) }).map((one) => decided(one as Partial<GuestRow>)));

/** What an issuer may ask of its store, with names that often meet. */
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.nat(2).map((i): Step => (store) => store.takeTurn(`bucket ${i}`, RATES[i] ?? RATES[0])),
  fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 3_000 })).map(([session, ms]): Step => (store) => store.revoke(`${session}`, NOW + ms)),
  fc.tuple(who, fc.nat(2)).map(([name, session]): Step => (store) => store.standing(guest(name).subject, `${session}`)),
  fc.tuple(fc.nat(2), fc.nat(2)).map(([ticket, key]): Step => (store) => store.redeem({ ticketId: `${ticket}`, key: `${key}`, until: FAR })),
  fc.record({ link: fc.nat(20), proof: fc.nat(20), key: fc.nat(1), identity, gainer: fc.option(gainer) })
    .map((one): Step => (store) => store.exchange(signIn(`${one.link}`, one.identity, { proofId: `${one.proof}`, thumbprint: `${one.key}`, gainer: one.gainer, until: FAR }))),
  fc.nat(20).map((link): Step => (store) => store.exchanged(signIn(`${link}`, google('')).linkId)),
  who.map((name): Step => (store) => store.identitiesOf(guest(name).subject)),
  fc.tuple(who, identity).map(([name, one]): Step => (store) => store.unlink(guest(name).subject, one)),
  fc.tuple(who, row, row).map(([name, before, after]): Step => (store) => store.changeGuest(name, before, after)),
  who.map((name): Step => (store) => store.guestRow(name)),
  fc.tuple(who, fc.nat(1), fc.nat(2)).map(([subject, challenge, tries]): Step => (store) => store.keepCode(sent({ subject, challenge: `${challenge}`, tries, until: FAR }))),
  fc.tuple(who, fc.nat(1), fc.constantFrom('right', 'wrong')).map(([subject, challenge, codeHash]): Step => (store) => store.tryCode({ subject, challenge: `${challenge}`, emailHash: 'e', codeHash })),
);

/** A database says what memory says, whatever is asked. */
export function describeTwins(name: string, open: OpenStore): void {
  it(`${name}: says of whatever happens what memory says`, { timeout: 120_000 }, async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(steps, fc.integer({ min: 1, max: 400 })), { minLength: 10, maxLength: 60 }), async (happening) => {
      const clock = { ms: NOW };
      const [twin, store] = [memoryStore({ now: () => clock.ms }), await open(() => clock.ms)];
      for (const [step, ms] of happening) {
        clock.ms += ms;
        expect(await step(store)).toEqual(await step(twin));
      }
    }), { numRuns: 40 });
  });
}
