import { describe, expect, it } from 'vitest';
import { Seal } from '../../src/descope/seal.ts';
import { ADA, becomeUser, errorOf, guestOf, manage, MINUTE, World, type Changes } from './support.ts';

const open = (changes: Changes = {}) => World.open({ generation: 'temporary_user', ...changes });

describe('what a guest holds until they type the code', () => {
  it('is theirs alone, for this e-mail, for this code, and unread', async () => {
    const world = await open();
    world.shop.descope.addUser({ loginId: 'bob@shopper.example' });
    const [ada, eve] = [await guestOf(world), await guestOf(world)];
    for (const [{ refresh }, email] of [[ada, ADA], [eve, 'bob@shopper.example']] as const) await world.post('/upgrade', { token: refresh, login_id: email });
    const right = world.confirmation(ada.refresh, { code: /\d{6}/.exec(world.shop.mails[0]?.text ?? '')?.[0] ?? '' });
    const [, , , sealed = ''] = right['challenge']?.split('.') ?? [];
    for (const part of right['challenge']?.split('.') ?? []) expect(Buffer.from(part, 'base64url').toString()).not.toMatch(/ada@|update|sign_in|U2/);
    const { managementKey } = world.shop.descope;
    const forged = await new Seal('another key', 'upgrade').close({ id: 'x', sent: 'sign_in', subject: ada.subject, email: ADA, loginId: 'bob@shopper.example', ownership: ' ', until: world.now + MINUTE });
    const ofAnotherPurpose = await new Seal(managementKey, 'kept guest').close({ id: 'x', sent: 'update', subject: ada.subject, email: ADA, loginId: ADA, ownership: ' ', until: world.now + MINUTE });
    const challenges = ['x', forged, ofAnotherPurpose, world.challenges.get(eve.refresh) ?? '', right['challenge']?.replace(sealed, sealed.slice(0, -2)) ?? '', 'eyJhbGciOiJub25lIn0..'];
    for (const challenge of challenges) expect(errorOf(await world.post('/upgrade/confirm', { ...right, challenge }))).toEqual([400, 'challenge_over']);
    for (const login_id of ['bob@shopper.example', 'nobody@shopper.example']) expect(errorOf(await world.post('/upgrade/confirm', { ...right, login_id }))).toEqual([400, 'challenge_over']);
    expect(errorOf(await world.post('/upgrade/confirm', { ...right, token: eve.refresh }))).toEqual([400, 'challenge_over']);
    expect(errorOf(await world.post('/upgrade/confirm', { ...right, challenge: '' }))).toEqual([400, 'invalid_request']);
    expect((await world.post('/upgrade/confirm', right)).body).toMatchObject({ subject: ada.subject, kind: 'user' });
  });

  it('is good at every process of the verifier, for three minutes, and for five tries', async () => {
    const world = await open();
    const [guest, late] = [await guestOf(world), await guestOf(world)];
    await world.post('/upgrade', { token: late.refresh, login_id: 'late@shopper.example' });
    world.pass(3 * MINUTE);
    expect(errorOf(await world.post('/upgrade/confirm', world.confirmation(late.refresh, { email: 'late@shopper.example' })))).toEqual([400, 'challenge_over']);
    await world.post('/upgrade', { token: guest.refresh, login_id: ADA });
    const from = world.asked.length;
    for (let tries = 0; tries < 9; tries += 1) await world.post('/upgrade/confirm', world.confirmation(guest.refresh, { code: world.code === '000000' ? '000001' : '000000' }));
    expect(world.asked.slice(from).filter((route) => route.endsWith('/otp/verify/email'))).toHaveLength(5);
    await world.post('/upgrade', { token: guest.refresh, login_id: ADA });
    expect((await world.post('/upgrade/confirm', world.confirmation(guest.refresh), { verifier: world.start() })).body).toMatchObject({ subject: guest.subject, kind: 'user' });
  });

  it('is not used up by whoever has proven the e-mail already, and gets the same answer', async () => {
    const world = await open();
    const guest = await guestOf(world);
    await becomeUser(world, guest);
    for (let tries = 0; tries < 7; tries += 1) expect((await world.post('/upgrade/confirm', world.confirmation(guest.refresh))).body).toMatchObject({ subject: guest.subject, kind: 'user' });
    // Whoever is no user of that e-mail any more is not made one by what they still hold.
    await manage(world.shop, 'POST /v1/mgmt/user/update/email', { loginId: guest.subject, email: 'new@shopper.example', verified: true });
    expect(errorOf(await world.post('/upgrade/confirm', world.confirmation(guest.refresh)))).toEqual([400, 'invalid_grant']);
  });
});
