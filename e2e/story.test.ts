/** The whole promise, in a real browser, on the shop as `npm start` serves it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { startDemo } from '../examples/vanilla/src/demo.mjs';
import { onStage } from './support/stage.ts';
import { tellStory } from './support/story.ts';
import { visit } from './support/visitor.ts';

const stage = onStage(() => startDemo({ port: 0 }));

tellStory(stage, { subjects: /^user_.{26,}$/ });

describe('a visitor', () => {
  it('was sent to the verifier once, whoever asked and however often', async () => {
    const visitor = await visit(stage.browser, `${stage.demo.shopUrl}/callback.html`);
    const settings = { authressApiUrl: stage.demo.loginUrl, applicationId: 'app_shop', guestConnectionId: 'sc_guests', guests: 'on-demand', frameUrl: '/callback.html' };
    // As text: the page imports its script by itself.
    const { tokens, subjects } = await visitor.page.evaluate<{ tokens: number; subjects: number }>(`(async () => {
      const { LoginClient } = await import('/passerby.js');
      const login = new LoginClient(${JSON.stringify(settings)});
      const sessions = Promise.all(Array.from({ length: 20 }, () => login.authenticate()));
      const tokens = await Promise.all(Array.from({ length: 1000 }, () => login.getToken()));
      return { tokens: new Set(tokens).size, subjects: new Set((await sessions).map(({ subject }) => subject)).size };
    })()`);
    expect({ tokens, subjects }).toEqual({ tokens: 1, subjects: 1 });
    expect(stage.demo.verifierRequests).toHaveLength(1);
  });
});

describe('a guest who signs in as somebody with an account', () => {
  it.each(['redirect-error', 'error-page'] as const)('loses nothing where the service answers with %s', async (identityInUse) => {
    await stage.accountOfAda();
    stage.demo.authress.switches = { ...stage.demo.authress.switches, identityInUse };
    const visitor = await stage.guest();
    const subject = await visitor.subject();
    await visitor.add('mug');
    await visitor.signIn('google', 'ada');
    if (identityInUse === 'error-page') {
      await visitor.page.getByTestId('error-code').waitFor();
      await visitor.page.goto(stage.demo.shopUrl);
    } else {
      await visitor.isAskedWhoToBe();
    }
    await visitor.sees('guest');
    expect(await visitor.subject()).toBe(subject);
    await visitor.seesCart(1);
  });
});

describe('a guest whose identity service fails', () => {
  beforeEach(async () => {
    await stage.reopen(() => startDemo({ port: 0, accessTokenLifetimeSeconds: 3 }));
  });

  it.each([
    ['503', { kind: 'status', status: 503 }], ['429', { kind: 'status', status: 429, headers: { 'retry-after': '1' } }],
    ['HTML', { kind: 'html' }], ['a cut connection', { kind: 'reset' }],
  ] as const)('(%s) is the same guest when it is back', async (_name, fault) => {
    const visitor = await stage.guest();
    const subject = await visitor.subject();
    const token = await visitor.token();
    stage.demo.authress.faults.add({ route: 'PATCH /api/session', times: 2, ...fault });
    await expect.poll(() => visitor.token().catch(() => token), { timeout: 30_000, interval: 500 }).not.toBe(token);
    expect(await visitor.subject()).toBe(subject);
    expect(await visitor.kind()).toBe('guest');
    expect(stage.demo.verifierRequests).toHaveLength(1);
  });

  it('(killed and started again) is the same guest when it is back', async () => {
    const visitor = await stage.guest();
    const subject = await visitor.subject();
    await visitor.add('mug');
    await stage.demo.emulator.stop();
    await visitor.page.reload();
    await visitor.sees('guest');
    expect(await visitor.subject()).toBe(subject);
    await stage.demo.emulator.start();
    await expect.poll(() => visitor.token().then(() => 'a token', () => 'none'), { timeout: 30_000, interval: 500 }).toBe('a token');
    expect(await visitor.subject()).toBe(subject);
    expect(stage.demo.verifierRequests).toHaveLength(1);
  });
});

describe('nothing secret', () => {
  it('goes to a host that a query names', async () => {
    for (const query of ['?redirect_uri=https://evil.example/login&state=s', '?state=s&redirect_uri=https://evil.example', '?redirect_uri=https://evil.example&redirect_uri=x&state=s', '?state=https://evil.example', '?redirectUrl=https://evil.example&state=s']) {
      const response = await fetch(stage.demo.verifierUrl.replace('verifier.localhost', '127.0.0.1') + `/v1/login${query}`, { redirect: 'manual', headers: { host: new URL(stage.demo.verifierUrl).host } });
      const location = response.headers.get('location');
      if (location === null) expect(response.status).toBe(400);
      else expect(new URL(location).origin).toBe(stage.demo.loginUrl);
      expect(await response.text()).not.toContain('evil.example');
    }
  });
});

describe('where the login host is of another site', () => {
  it('a guest starts, but its session cookie is lost, and the app is told when the token ends', async () => {
    await stage.reopen(() => startDemo({ port: 0, loginHost: 'login.elsewhere.localhost', accessTokenLifetimeSeconds: 4 }));
    const visitor = await stage.guest();
    const ended = visitor.page.evaluate(() => new Promise<string[]>((resolve) => {
      const { login } = window as unknown as { login: import('@passerby/login').LoginClient };
      const told: string[] = [];
      login.subscribe(({ type }) => {
        told.push(type);
        if (type === 'guest_ended') resolve(told);
      });
      const timer = setInterval(() => void login.getToken().catch(() => clearInterval(timer)), 200);
    }));
    expect(await ended).toContain('guest_ended');
  });
});
