import { describe, expect, it } from 'vitest';
import { claimsOf, Device, errorOf, tokensOf, World } from './support.ts';

describe('who signs out', () => {
  it('ends the renewal of that session, with every token of it', async () => {
    const [world, device] = [new World(), new Device()];
    const first = await world.guest(device);
    const second = await tokensOf(await world.renew(device, first.refresh_token));
    const answer = await world.post('/revoke', { token: first.refresh_token, token_type_hint: 'refresh_token' });
    expect([answer.status, await answer.json()]).toEqual([200, {}]);
    for (const { refresh_token: token } of [first, second]) expect(await errorOf(await world.renew(device, token))).toEqual([400, 'invalid_grant']);
  });

  it('leaves the other sessions of the same guest, and the guest', async () => {
    const [world, device] = [new World(), new Device()];
    const [one, other] = [await world.guest(device), await world.guest(device)];
    await world.post('/revoke', { token: one.refresh_token });
    expect((await world.renew(device, other.refresh_token)).status).toBe(200);
    expect(claimsOf((await world.guest(device)).access_token).sub).toBe(device.subject);
  });

  it('may do so again, and without a page', async () => {
    const world = new World();
    const { refresh_token: token } = await world.guest(new Device());
    for (let i = 0; i < 2; i += 1) expect((await world.post('/revoke', { token }, {})).status).toBe(200);
  });

  it('stays signed out for as long as any token of the session could live', async () => {
    const [world, device] = [new World(), new Device()];
    const first = await world.guest(device);
    world.time += 80 * 86_400_000;
    const { refresh_token: later } = await tokensOf(await world.renew(device, first.refresh_token));
    await world.post('/revoke', { token: first.refresh_token });
    world.time += 89 * 86_400_000;
    expect(await errorOf(await world.renew(device, later))).toEqual([400, 'invalid_grant']);
    expect((world.revoked[0]?.until ?? 0) / 1000).toBeGreaterThan(claimsOf(later).exp ?? Infinity);
  });

  it('is told the same where there is nothing to revoke, and nothing is written down', async () => {
    const world = new World();
    const { access_token: accessToken } = await world.guest(new Device());
    for (const token of ['nonsense', accessToken, (await new World().guest(new Device())).refresh_token]) expect((await world.post('/revoke', { token })).status).toBe(200);
    expect(world.revoked).toEqual([]);
  });

  it('names the token and the client', async () => {
    expect(await errorOf(await new World().post('/revoke', {}))).toEqual([400, 'invalid_request']);
    expect(await errorOf(await new World().post('/revoke', { token: 'x', client_id: 'other' }))).toEqual([401, 'invalid_client']);
  });
});
