/** Three verifiers of one shop on one real PostgreSQL: many people at once, and connections that are cut in the middle. */
import { decodeJwt } from 'jose';
import { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../packages/verifier/src/sql.ts';
import { Device, type Tokens } from '../../packages/verifier/test/issuer/support.ts';
import { startPostgres, type Postgres } from '../../scripts/postgres.mjs';
import { measured } from '../support/engines.ts';
import { Issuers, type Visitor } from './issuers.ts';

const HUNDRED = Array.from({ length: 100 }, (_, i) => i);
const subjectOf = async (answer: Response): Promise<string | undefined> => (answer.ok ? decodeJwt(((await answer.json()) as Tokens).access_token).sub : undefined);

describe('in PostgreSQL, three verifiers', () => {
  let postgres: Postgres;
  let admin: Pool;
  let issuers: Issuers;
  beforeAll(async () => {
    postgres = await startPostgres();
    admin = new Pool(postgres.connection);
    await migrate(admin);
  });
  afterEach(() => issuers.close());
  afterAll(async () => {
    await admin.end();
    await postgres.stop();
  });

  const isStillAGuest = async (visitor: Visitor): Promise<void> => {
    expect((await issuers.renew(visitor)).status).toBe(200);
    expect(await issuers.store.identitiesOf(visitor.subject)).toEqual([]);
  };

  it('a guest who links two identities a hundred times at once gains one, and the other is still to be had', async (context) => {
    issuers = new Issuers(postgres.connection, { instances: 3 });
    const [ada, bob] = [await issuers.visitor(), await issuers.visitor()];
    const from = performance.now();
    const answers = await Promise.all(HUNDRED.map((i) => issuers.post(issuers.link(ada, `of ada ${i % 2}`))));
    measured(context, `100 links of one guest at once: ${Math.round(performance.now() - from)} ms`);
    expect(answers.filter(({ status }) => status === 200).length).toBe(1);
    expect(answers.filter(({ status }) => status === 400).length).toBe(99);
    const [won] = await issuers.store.identitiesOf(ada.subject);
    expect(await issuers.store.identitiesOf(ada.subject)).toEqual([won]);
    expect((await issuers.renew(ada)).status).toBe(400);
    const lost = won?.identity.subject === 'of ada 0' ? 'of ada 1' : 'of ada 0';
    expect(await subjectOf(await issuers.post(issuers.link(bob, lost)))).toBe(bob.subject);
  });

  it('of two guests who link one identity a hundred times at once, one gains it and the other is the guest they were', async () => {
    issuers = new Issuers(postgres.connection, { instances: 3 });
    const guests = [await issuers.visitor(), await issuers.visitor()] as const;
    const answers = await Promise.all(HUNDRED.map((i) => issuers.post(issuers.link(guests[i % 2 === 0 ? 0 : 1], 'of both'))));
    const subjects = await Promise.all(answers.map(subjectOf));
    const winner = guests.find(({ subject }) => subjects.includes(subject));
    const loser = guests.find((guest) => guest !== winner);
    expect(new Set(subjects)).toEqual(new Set([winner?.subject, undefined]));
    expect(subjects.filter(Boolean).length).toBe(51);
    if (loser) await isStillAGuest(loser);
    expect((await issuers.store.identitiesOf(winner?.subject ?? '')).length).toBe(1);
  });

  it('a browser that sends one sign-in to all of them has one and the same session from each', async () => {
    issuers = new Issuers(postgres.connection, { instances: 3 });
    const ada = await issuers.visitor();
    const form = issuers.link(ada, 'of the same');
    const answers = await Promise.all(HUNDRED.map(() => issuers.post(form)));
    const sessions = await Promise.all(answers.map(async (answer) => decodeJwt(((await answer.json()) as Tokens).access_token)));
    expect(new Set(sessions.map(({ sub, sid }) => `${sub} ${String(sid)}`)).size).toBe(1);
    expect(sessions[0]?.sub).toBe(ada.subject);
  });

  it('whichever step a connection is cut at, all of a link is there or nothing, and sent again it is there once', async () => {
    const cuts = [1, 2, 3, 4, 5, 6].flatMap((statement) => (['before', 'after'] as const).map((when) => ({ statement, when })));
    const seen = new Set<string>();
    for (const cut of cuts) {
      issuers = new Issuers(postgres.connection, {
        instances: 3,
        meddle: async ({ statement, when, processId }) => {
          if (statement !== cut.statement || when !== cut.when || seen.has(JSON.stringify(cut))) return;
          seen.add(JSON.stringify(cut));
          await admin.query('SELECT pg_terminate_backend($1, 5000)', [processId]);
        },
      });
      const [ada, person, key] = [await issuers.visitor(), `cut ${cut.when} ${cut.statement}`, new Device()];
      const form = issuers.link(ada, person, key);
      const first = await issuers.post(form, 0).catch((error: unknown) => error);
      const identities = await issuers.store.identitiesOf(ada.subject);
      const { kind } = await issuers.store.standing(ada.subject, null);
      expect([cut, kind, identities.length]).toEqual([cut, identities.length === 1 ? 'user' : 'guest', cut.statement === 6 && cut.when === 'after' ? 1 : 0]);
      if (identities.length === 0) await isStillAGuest(ada);
      expect(first instanceof Error || (first instanceof Response && first.ok && identities.length === 1)).toBe(true);
      for (const instance of [1, 0]) expect(await subjectOf(await issuers.post(form, instance))).toBe(ada.subject);
      expect((await issuers.store.identitiesOf(ada.subject)).map(({ identity }) => identity)).toEqual([issuers.identity(person)]);
      await issuers.close();
    }
    expect(seen.size).toBe(cuts.length);
    issuers = new Issuers(postgres.connection, { instances: 1 });
  });
});
