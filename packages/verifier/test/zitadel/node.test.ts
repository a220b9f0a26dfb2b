import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { toNodeListener, toRequest } from '../../src/node.ts';
import { GUEST_COOKIE, SHOP, USER_COOKIE, Visitor, World } from './support.ts';

it('a shop on Node hands every cookie on, and knows its visitors by them', async () => {
  const world = await World.open();
  const ada = new Visitor(world);
  const [guest, user] = [await ada.guest(), await ada.signIn()];
  const listener = toNodeListener(world.verifier.handler);
  const server = createServer((req, res) => {
    if (req.url?.startsWith('/auth/')) return listener(req, res);
    world.verifier.verifyToken(toRequest(req)).then(({ subject, kind }) => res.end(`${kind} ${subject}`), (error: { code: string }) => res.end(error.code));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const send = (path: string, body: object, headers: Readonly<Record<string, string>> = {}) => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, {
    method: 'POST', body: JSON.stringify(body), headers: { origin: SHOP, 'content-type': 'application/json', cookie: ada.cookie, ...headers },
  });
  expect(await (await send('/api', {})).text()).toBe(`user ${user}`);
  expect(await (await send('/api', {}, { 'passerby-subject': guest })).text()).toBe(`guest ${guest}`);
  const answer = await send('/auth/logout', { subject: user, all: true });
  expect(answer.headers.getSetCookie().map((line) => line.split('=')[0])).toEqual([GUEST_COOKIE, USER_COOKIE]);
  expect(await (await send('/api', {})).text()).toBe('token_invalid');
  await new Promise((resolve) => server.close(resolve));
});
