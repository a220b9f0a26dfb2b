import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { memoryStore } from '../../src/index.ts';
import { toNodeListener } from '../../src/node.ts';
import { CLIENT, Device, GUEST_GRANT, SHOP, World } from './support.ts';

afterEach(() => vi.restoreAllMocks());

/** Everything written to the console while `work` runs. */
async function consoleOf(work: () => Promise<void>): Promise<string> {
  const lines: string[] = [];
  const spies = (['log', 'info', 'warn', 'error', 'debug', 'trace'] as const).map((name) => vi.spyOn(console, name).mockImplementation((...parts: unknown[]) => {
    lines.push(parts.map((part) => (part instanceof Error ? `${part.stack} ${String(part.cause)} ${JSON.stringify(part)}` : String(part))).join(' '));
  }));
  await work();
  spies.forEach((spy) => spy.mockRestore());
  return lines.join('\n');
}

describe('what was sent', () => {
  it('is in no refusal, and in no log', async () => {
    const [world, device] = [new World({ captcha: (response) => response === 'good' }), new Device()];
    const guest = (await (await world.mint(device, { form: { captcha_response: 'good' } })).json()) as { refresh_token: string; access_token: string };
    const dpop = device.proof({ nonce: await world.nonce() });
    const stale = device.proof({ iat: 1 });
    const foreign = new Device().proof({ nonce: await world.nonce() });
    const secrets = { refresh_token: guest.refresh_token, access_token: guest.access_token, dpop, stale, foreign, captcha: 'captcha-secret', marker: 'm4rk3r' };
    const renewal = { grant_type: 'refresh_token', refresh_token: guest.refresh_token };
    const headers = { origin: SHOP };
    const refused: Response[] = [];
    const logged = await consoleOf(async () => {
      for (const answer of [
        world.post('/token', { ...renewal, dpop: foreign }), world.post('/token', { ...renewal, dpop: stale }), world.post('/token', { ...renewal, dpop: 'm4rk3r' }), world.post('/token', { ...renewal, dpop }, { ...headers, dpop }),
        world.post('/token', { ...renewal, refresh_token: guest.access_token, dpop }), world.post('/token', { ...renewal, refresh_token: `${guest.refresh_token}x`, dpop }), world.post('/token', { grant_type: 'm4rk3r' }),
        world.post('/token', { ...renewal, client_id: 'm4rk3r', dpop }), world.post('/token', `m4rk3r=1&m4rk3r=2&client_id=${CLIENT}`), world.post('/token', { grant_type: GUEST_GRANT, dpop, captcha_response: 'captcha-secret' }),
        world.post('/token', { ...renewal, dpop }, { origin: 'https://m4rk3r.example' }), world.post('/m4rk3r', renewal), world.post('/token', renewal, { ...headers, 'content-type': 'text/m4rk3r' }), world.post('/token', { ...renewal, x: 'm4rk3r'.repeat(4_000) }),
      ]) refused.push(await answer);
    });
    expect(refused.map(({ status }) => status).filter((status) => status < 400)).toEqual([]);
    for (const answer of refused) {
      const text = JSON.stringify([await answer.text(), [...answer.headers]]);
      for (const [name, secret] of Object.entries(secrets)) expect({ name, isTold: text.includes(secret) || text.includes(secret.slice(-20)) }).toEqual({ name, isTold: false });
    }
    expect(logged).toBe('');
  });

  it('is in no log though the store fails', async () => {
    const failing = { ...memoryStore(), standing: () => Promise.reject(new Error('connection refused')) };
    const [world, device] = [new World({ store: failing }), new Device()];
    const server = createServer(toNodeListener(world.issuer.handler));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const dpop = device.proof();
    let answer = '';
    const logged = await consoleOf(async () => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
      const response = await fetch(url, { method: 'POST', headers: { origin: SHOP, 'sec-fetch-mode': 'cors' }, body: new URLSearchParams({ grant_type: GUEST_GRANT, client_id: CLIENT, dpop }) });
      answer = `${response.status} ${await response.text()}`;
    });
    await new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
    expect(answer).toMatch(/^500 /);
    expect(logged).toContain('connection refused');
    for (const part of dpop.split('.')) expect(logged + answer).not.toContain(part);
  });
});
