/** What goes wrong beside the happy path, and must cost nobody their cart or their account. */
import { describe, expect, it } from 'vitest';
import { ADA, errorOf, HOUR, ISSUER, MINUTE, Visitor, World } from './support.ts';

async function open() {
  const world = await World.open();
  const ada = new Visitor(world);
  return { world, ada, subject: await ada.guest() };
}

describe('a guest whom ZITADEL seems to have forgotten', () => {
  /** In place of what this call answers. */
  const answering = (world: World, rpc: string, status: number, body: object): void =>
    world.restart({ fetch: async (input, init) => (String(input).endsWith(rpc) ? Response.json(body, { status }) : world.fetch(input, init)) });

  it.each<readonly [string, string, number, object]>([
    ['the service account is no member any more', 'GetUserByID', 404, { code: 'not_found', message: 'membership not found (AUTHZ-cdgFk)' }],
    ['the tags are not listed', 'ListUserMetadata', 200, {}],
    ['the tags are nowhere to be found', 'ListUserMetadata', 404, { code: 'not_found', message: 'User could not be found (QUERY-Dfbg2)' }],
    ['a value is not what it says', 'ListUserMetadata', 200, { metadata: [{ key: 'GUEST_2027_01_15', value: '*' }] }],
  ])('is a guest again as soon as that is over: %s', async (_, rpc, status, body) => {
    const { world, ada, subject } = await open();
    const proof = await ada.challenge();
    world.pass(13 * HOUR);
    answering(world, rpc, status, body);
    expect(errorOf(await ada.session(subject))).toEqual([503, 'temporarily_unavailable']);
    expect(errorOf(await ada.post('/guest'))).toEqual([503, 'temporarily_unavailable']);
    await ada.confirm(proof);
    await world.verifier.purgeGuests({ olderThan: 0 });
    world.restart({ fetch: world.fetch });
    world.pass(2 * MINUTE);
    expect((await ada.session(subject)).body).toMatchObject({ subject, kind: 'guest' });
  });
});

describe('a person who wants to be a user', () => {
  it('with an e-mail that somebody has under another username is sent to sign in, and stays the guest', async () => {
    const { world, ada, subject } = await open();
    const bob = new Visitor(world);
    const owner = await bob.guest();
    expect((await bob.becomeUser()).status).toBe(200);
    await world.fetch(`${ISSUER}/zitadel.user.v2.UserService/UpdateUser`, {
      method: 'POST', body: JSON.stringify({ userId: owner, username: 'bob' }), headers: { authorization: `Bearer ${world.shop.pat}`, 'content-type': 'application/json' },
    });
    expect(errorOf(await ada.becomeUser({ ...ADA, email: ADA.email.toUpperCase() }))).toEqual([400, 'identity_in_use']);
    expect((await ada.session(subject)).body).toMatchObject({ subject, kind: 'guest' });
  });

  it.each([
    [{ given_name: 'Win a prize: https://evil.example' }], [{ family_name: 'www.evil.example' }], [{ given_name: '<b>Ada</b>' }], [{ given_name: 'A'.repeat(101) }], [{ email: 'ada@guest.invalid' }],
  ])('sends no mail that says %j', async (change) => {
    const { world, ada } = await open();
    expect(errorOf(await ada.post('/upgrade', { ...ADA, ...change }))).toEqual([400, 'invalid_request']);
    expect(world.mails).toEqual([]);
  });

  it('fills nobody’s mailbox by many guests and many spellings of one address', async () => {
    const world = await World.open();
    const codes: unknown[] = [];
    for (let i = 0; i < 40; i++) {
      const guest = new Visitor(world);
      await guest.guest();
      codes.push((await guest.post('/upgrade', { ...ADA, email: `ada+${i}@shopper.example` })).status);
    }
    expect([world.mails.length, codes.at(-1)]).toEqual([20, 429]);
  });

  it('and whose answer was lost may ask for another guest, and is never made one unasked', async () => {
    const { ada, subject } = await open();
    expect((await ada.becomeUser()).status).toBe(200);
    expect(errorOf(await ada.post('/guest'))).toEqual([400, 'guest_upgraded']);
    const { body } = await ada.post('/guest', { anew: true });
    expect([body['kind'], body['subject'] === subject]).toEqual(['guest', false]);
  });

  it('who asks for another guest while one is there is that one', async () => {
    const { ada, subject } = await open();
    expect((await ada.post('/guest', { anew: true })).body).toMatchObject({ subject });
  });
});

describe('a user', () => {
  it('stays signed in where an attribute was refused after the session had been renewed for it', async () => {
    const { world, ada } = await open();
    const user = await ada.signIn();
    world.pass(13 * HOUR);
    world.shop.zitadel.faults.add({ route: 'POST /zitadel.user.v2.UserService/ListUserMetadata', kind: 'status', status: 503, times: 1 });
    expect(errorOf(await ada.post('/metadata', { subject: user }))).toEqual([503, 'temporarily_unavailable']);
    world.pass(2 * MINUTE);
    expect((await ada.session(user)).status).toBe(200);
  });

  it('is not signed out by a refusal that comes after the next session', async () => {
    const { world, ada } = await open();
    const user = await ada.signIn();
    world.pass(13 * HOUR);
    const late = ada.thief();
    expect((await ada.session(user)).status).toBe(200);
    const refused = await late.post('/session', { subject: user }, world.start());
    expect([errorOf(refused), refused.headers.getSetCookie()]).toEqual([[400, 'invalid_grant'], []]);
  });

  it('with attributes that are asked for without end has ZITADEL asked so often and no more', async () => {
    const world = await World.open({ rateLimit: { subject: { burst: 5, perSecond: 0.1 } } });
    const ada = new Visitor(world);
    const subject = await ada.guest();
    const before = world.shop.zitadel.log.length;
    const statuses = [];
    for (let i = 0; i < 20; i++) statuses.push((await ada.post('/metadata', { subject })).status);
    expect([statuses.filter((status) => status === 200).length, statuses.at(-1), world.asked(before).length]).toEqual([5, 429, 5]);
  });
});
