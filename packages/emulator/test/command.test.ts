import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../src/command.ts';
import { freePorts } from './support/ports.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'passerby-command-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the command', () => {
  test('starts everything, tells where it is, and writes the access key for its owner only', async () => {
    const [login = 0, google = 0, github = 0] = await freePorts(3);
    const file = join(folder, 'key');
    const lines: string[] = [];
    const argv = ['--login-origin', `http://login.shop.localhost:${login}`, '--google', `http://google.localhost:${google}`, '--github', `http://github.localhost:${github}`, '--access-key-file', file];
    const serving = await run(argv, (line) => lines.push(line));
    try {
      const printed = lines.join('\n');
      for (const port of [login, google, github]) expect(printed).toContain(`:${port}`);
      const { issuer } = await (await fetch(`http://127.0.0.1:${login}/.well-known/openid-configuration`)).json();
      expect(issuer).toBe(`http://login.shop.localhost:${login}`);
      const accessKey = await readFile(file, 'utf8');
      expect(accessKey).toMatch(/^sc_guests\.[a-z0-9]{8}\.acc_shop\.[A-Za-z0-9+/=]+\n$/);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(printed).not.toContain(accessKey.trim().split('.').at(-1));
    } finally {
      await serving?.close();
    }
  });

  test('starts an OpenID provider where that is asked for, and no key is written', async () => {
    const [login = 0] = await freePorts(1);
    const file = join(folder, 'key');
    const lines: string[] = [];
    const serving = await run(['--service', 'openid', '--login-origin', `http://login.shop.localhost:${login}`, '--application', 'shop', '--access-key-file', file], (line) => lines.push(line));
    try {
      expect(lines.join('\n')).toContain('shop, back to http://www.shop.localhost:4600/ http://www.shop.localhost:4600/callback.html');
      const document = await (await fetch(`http://127.0.0.1:${login}/.well-known/openid-configuration`)).json();
      expect(document).toMatchObject({ issuer: `http://login.shop.localhost:${login}`, code_challenge_methods_supported: ['S256'] });
      await expect(stat(file)).rejects.toThrow('ENOENT');
    } finally {
      await serving?.close();
    }
    await expect(run(['--service', 'auth0'], () => undefined)).rejects.toThrow('--service is authress, openid, descope or app-id');
  });

  test('starts a Descope project, with a page for its mail and its management key in a file', async () => {
    const [base = 0, mail = 0] = await freePorts(2);
    const file = join(folder, 'key');
    const lines: string[] = [];
    const argv = ['descope', '--login-origin', `http://descope.shop.localhost:${base}`, '--mail', `http://mail.localhost:${mail}`, '--management-key-file', file];
    const serving = await run(argv, (line) => lines.push(line));
    try {
      const managementKey = (await readFile(file, 'utf8')).trim();
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(lines.join('\n')).not.toContain(managementKey);
      const [, projectId = ''] = /Project +(P2\w{25}) for http:\/\/www\.shop\.localhost:4600/.exec(lines.join('\n')) ?? [];
      const post = (path: string, authorization: string, body: unknown) => fetch(`http://127.0.0.1:${base}${path}`, { method: 'POST', headers: { authorization: `Bearer ${authorization}` }, body: JSON.stringify(body) });
      expect((await post('/v1/mgmt/auth/anonymous', `${projectId}:${managementKey}`, {})).status).toBe(200);
      await post('/v1/auth/otp/signup-in/email', projectId, { loginId: 'ada@example.com' });
      expect(await (await fetch(`http://127.0.0.1:${mail}/`)).text()).toMatch(/ada@example\.com.*Your code is \d{6}\./);
    } finally {
      await serving?.close();
    }
    await expect(run(['descope', 'openid'], () => undefined)).rejects.toThrow('one service at a time');
  });

  test('starts an App ID tenant, with its client secret in a file', async () => {
    const [port = 0] = await freePorts(1);
    const file = join(folder, 'key');
    const lines: string[] = [];
    const origin = `http://appid.shop.localhost:${port}`;
    const serving = await run(['app-id', '--login-origin', origin, '--application', 'shop', '--client-secret-file', file], (line) => lines.push(line));
    try {
      const secret = (await readFile(file, 'utf8')).trim();
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(lines.join('\n')).not.toContain(secret);
      expect(lines.join('\n')).toContain('shop and shop_page, back to http://www.shop.localhost:4600/ http://www.shop.localhost:4600/callback.html');
      const oauth = `http://127.0.0.1:${port}/oauth/v4/tenant_shop`;
      const redirect_uri = 'http://www.shop.localhost:4600/callback.html';
      const begun = await fetch(`${oauth}/authorization?${new URLSearchParams({ client_id: 'shop', response_type: 'code', redirect_uri, idp: 'appid_anon' })}`, { redirect: 'manual' });
      const code = new URL(begun.headers.get('location') ?? '').searchParams.get('code') ?? '';
      const body = new URLSearchParams({ grant_type: 'authorization_code', redirect_uri, code });
      expect((await fetch(`${oauth}/token`, { method: 'POST', headers: { authorization: `Basic ${btoa(`shop:${secret}`)}` }, body })).status).toBe(200);
    } finally {
      await serving?.close();
    }
  });

  test('explains itself and starts nothing', async () => {
    const lines: string[] = [];
    expect(await run(['--help'], (line) => lines.push(line))).toBeUndefined();
    expect(lines.join('\n')).toContain('--login-origin');
  });

  test('knows no other flags', async () => {
    await expect(run(['--prot', '1'], () => undefined)).rejects.toThrow('--prot');
  });
});
