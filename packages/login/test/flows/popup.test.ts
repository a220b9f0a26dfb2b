import { beforeEach, describe, expect, it } from 'vitest';
import type { LinkOutcome } from '../../src/index.ts';
import { World, type Tab } from '../support/world.ts';

let world: World;
let tab: Tab;
let guest: string;
beforeEach(async () => {
  world = await World.create();
  tab = world.open('/checkout');
  guest = (await world.until(tab.login.authenticate())).subject;
});

/** The person signs in in the window; the page in it is the site's own, which finishes the sign-in. */
async function link(person: string | null): Promise<{ readonly outcome: LinkOutcome; readonly window: Tab }> {
  let outcome: Promise<LinkOutcome> | undefined;
  const back = await world.backFrom(tab, (login) => (outcome = login.linkIdentity({ connectionId: 'google', mode: 'popup', redirectUrl: '/callback.html' })), person);
  const window = world.open(back);
  await world.until(window.login.completeLogin());
  return { outcome: await world.until(outcome as Promise<LinkOutcome>), window };
}

describe('a person who signs in in a window of its own', () => {
  it('stays on the page, is told there, and keeps the ID of the guest', async () => {
    const { outcome, window } = await link('ada');
    expect(outcome).toMatchObject({ type: 'linked', session: { subject: guest, kind: 'user' } });
    expect(tab.departed).toBeNull();
    expect(tab.popup?.state).toBe('closed');
    // Also where the sign-in page cut the tie to the page that opened it.
    expect(window.departed).toBe('closed');
    expect(tab.notices.map(({ type }) => type)).toEqual(['guest_started', 'linked']);
  });

  it('finds it opened in the click itself, before anything is waited for', () => {
    void tab.login.linkIdentity({ connectionId: 'google', mode: 'popup' });
    expect(tab.popup).toEqual({ address: null, state: 'open' });
  });

  it('and changes their mind there is the guest they were', async () => {
    expect((await link(null)).outcome).toEqual({ type: 'cancelled' });
    expect(tab.login.getSession()).toMatchObject({ subject: guest, kind: 'guest' });
  });

  it('and closes it is the guest they were', async () => {
    const outcome = tab.login.linkIdentity({ connectionId: 'google', mode: 'popup' });
    await world.until(world.departureOf(tab));
    Object.assign(tab.popup ?? {}, { state: 'given up' });
    expect(await world.until(outcome)).toEqual({ type: 'cancelled' });
    expect(await world.until(tab.login.getToken())).toEqual(expect.any(String));
  });

  it('and never comes back is the guest they were, after ten minutes', async () => {
    const outcome = tab.login.linkIdentity({ connectionId: 'google', mode: 'popup' });
    await world.until(world.departureOf(tab));
    await world.time.pass(601_000);
    expect(await world.until(outcome)).toEqual({ type: 'cancelled' });
    expect(tab.popup?.state).toBe('closed');
  });

  it('and closes it after they were sent back is signed in by the page that opened it', async () => {
    let outcome: Promise<LinkOutcome> | undefined;
    const back = await world.backFrom(tab, (login) => (outcome = login.linkIdentity({ connectionId: 'google', mode: 'popup' })), 'ada');
    // The code is redeemed by the one, and what became of it is asked by the other.
    const repairs = ['POST /api/authentication/{id}/tokens', 'PATCH /api/session'].map((route) => world.authress.faults.add({ route, kind: 'status', status: 503 }));
    await expect(world.until(world.open(back).login.completeLogin())).rejects.toMatchObject({ code: 'server' });
    for (const repair of repairs) repair();
    Object.assign(tab.popup ?? {}, { state: 'given up' });
    expect(await world.until(outcome as Promise<LinkOutcome>)).toMatchObject({ type: 'linked', session: { subject: guest, kind: 'user' } });
  });

  it('leaves the page where windows are blocked', async () => {
    world.popups = 'blocked';
    const back = await world.signIn(tab, (login) => login.linkIdentity({ connectionId: 'google', mode: 'popup' }), 'ada');
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'linked', session: { subject: guest } });
  });

  it('by authenticate() is told the same, by its own words', async () => {
    let session: Promise<unknown> | undefined;
    const back = await world.backFrom(tab, (login) => (session = login.authenticate({ connectionId: 'google', mode: 'popup' })), 'ada');
    await world.until(world.open(back).login.completeLogin());
    expect(await world.until(session as Promise<unknown>)).toMatchObject({ subject: guest, kind: 'user' });
  });

  it('by authenticate(), and closes it, gets login_denied', async () => {
    const session = tab.login.authenticate({ connectionId: 'google', mode: 'popup' });
    await world.until(world.departureOf(tab));
    Object.assign(tab.popup ?? {}, { state: 'given up' });
    await expect(world.until(session)).rejects.toMatchObject({ code: 'login_denied' });
  });
});
