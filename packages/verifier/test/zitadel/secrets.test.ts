import { afterEach, expect, it, vi } from 'vitest';
import { ADA, GUEST_COOKIE, HOUR, PASSWORD, Visitor, World, type Body } from './support.ts';

afterEach(() => vi.restoreAllMocks());

it('what was sent, and what is sealed, is in no answer, no report and no log', async () => {
  const logged: string[] = [];
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => void logged.push(parts.map(String).join(' ')));
  const world = await World.open();
  const ada = new Visitor(world);
  const subject = await ada.guest();
  const { challenge, code } = await ada.challenge();
  const marker = 'm4rk3r';
  const bodies: readonly (readonly [string, Body])[] = [
    ['/guest', { captcha_response: marker }], ['/session', { subject: marker }], ['/upgrade', { ...ADA, email: `${marker}@` }], ['/upgrade/confirm', { ...ADA, challenge, code: marker, password: marker }],
    ['/upgrade/confirm', { ...ADA, challenge: marker, code, password: PASSWORD }], ['/login', { code: marker, code_verifier: marker, redirect_uri: marker, nonce: marker }], ['/logout', { subject: marker }], ['/metadata', { subject, set: { [marker.toUpperCase()]: marker } }],
  ];
  const told: string[] = [];
  // A network that repeats what it was given.
  const loud = world.start({ fetch: async (input, init) => {
    throw new Error(`could not send ${String(input)} ${JSON.stringify(init?.headers)} ${String(init?.body)}`);
  } });
  for (const verifier of [world.verifier, loud]) {
    for (const [path, body] of bodies) {
      const answer = await ada.post(path, body, verifier);
      told.push(JSON.stringify([answer.body, [...answer.headers].filter(([name]) => name !== 'set-cookie')]));
    }
    world.pass(13 * HOUR);
    await ada.session(subject, verifier);
  }
  const all = [...told, ...world.reports, ...logged].join('\n');
  for (const secret of [marker, world.shop.pat, ...world.sealingKeys, ada.jar.get(GUEST_COOKIE) ?? marker, code, PASSWORD, 'eyJ']) expect(all).not.toContain(secret);
});
