import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../src/command.ts';
import { createIssuer, memoryStore } from '../src/index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'passerby-keys-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Keys { readonly keys: readonly { readonly kid: string; readonly d?: string }[] }

async function printed(...argv: readonly string[]): Promise<string> {
  const lines: string[] = [];
  await run(argv, (line) => lines.push(line));
  return lines.join('\n');
}

const read = async (path: string): Promise<Keys> => JSON.parse(await readFile(path, 'utf8')) as Keys;

describe('the command', () => {
  test('makes a key set that the issuer takes, and another one each time', async () => {
    const text = await printed('keys', 'generate');
    expect(() => createIssuer({ issuer: 'https://verifier.shop.example', keys: text, clientId: 'shop', origins: ['https://shop.example'], store: memoryStore() })).not.toThrow();
    expect(await printed('keys', 'generate')).not.toBe(text);
  });

  test('has the next key sign, keeps two for verifying only, tells their names and no secret, and leaves a file for its owner only', async () => {
    const file = join(folder, 'keys.json');
    await writeFile(file, await printed('keys', 'generate'));
    await chmod(file, 0o644);
    const seen: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      const before = await read(file);
      seen.push(before.keys[0]?.kid ?? '');
      const told = await printed('keys', 'rotate', file);
      const after = await read(file);
      // Every process knows a key before any process signs with it.
      expect(after.keys[0]).toEqual(before.keys[1]);
      expect(after.keys.slice(2).map(({ kid }) => kid)).toEqual([...seen].reverse().slice(0, 2));
      expect(after.keys.map((key) => 'd' in key)).toEqual(after.keys.map(() => true));
      expect(told).toContain(after.keys[0]?.kid);
      for (const secret of [before.keys[0]?.d, after.keys[0]?.d]) expect(told).not.toContain(secret);
    }
    expect(await printed('keys', 'rotate', file)).toContain(`Dropped    ${seen[1]}`);
    const { keys } = await read(file);
    await writeFile(file, JSON.stringify({ keys: [keys[0]] }));
    await printed('keys', 'rotate', file);
    expect((await read(file)).keys.map(({ kid }) => kid)).toEqual([keys[0]?.kid, expect.any(String)]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['keys.json']);
  });

  test('leaves a file that holds no keys as it is, and repeats nothing of it', async () => {
    const file = join(folder, 'keys.json');
    await writeFile(file, '{ "keys": [{ "d": "secret-secret"');
    const error = await printed('keys', 'rotate', file).catch(String);
    expect(error).toMatch(/keys is not a JSON Web Key Set/);
    expect(error).not.toContain('secret-secret');
    expect(await readFile(file, 'utf8')).toBe('{ "keys": [{ "d": "secret-secret"');
  });

  test('explains itself', async () => {
    expect(await printed('--help')).toContain('keys rotate keys.json');
  });

  test.each([[[]], [['keys']], [['keys', 'rotate']], [['keys', 'rotate', 'a', 'b']], [['keys', 'generate', 'a']], [['key', 'generate']], [['keys', 'generate', '--alg', 'RS256']]])('knows no %j', async (argv) => {
    await expect(printed(...argv)).rejects.toThrow(/keys generate|--alg/);
  });
});
