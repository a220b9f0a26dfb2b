import { describe, expect, it } from 'vitest';
import { versionChannel } from '../../src/ports/channel.ts';
import { webLock } from '../../src/ports/web-lock.ts';

describe('the lock', () => {
  it('lets one at a time in, in turn, and hands each its own answer', async () => {
    const name = crypto.randomUUID();
    let inside = 0;
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => webLock(name).run(async () => {
      inside++;
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect(inside).toBe(1);
      inside--;
      return i;
    })));
    expect(answers).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it('passes a failure on and is free again', async () => {
    const lock = webLock(crypto.randomUUID());
    await expect(lock.run(() => Promise.reject(new Error('no network')))).rejects.toThrow('no network');
    expect(await lock.run(() => Promise.resolve('free'))).toBe('free');
  });

  it('is taken from a holder that never ends, which keeps its own answer', { timeout: 20_000 }, async () => {
    const name = crypto.randomUUID();
    let wake: (answer: string) => void = () => undefined;
    const frozen = webLock(name).run(() => new Promise<string>((resolve) => (wake = resolve)));
    let thieves = 0;
    const taken = await Promise.all(Array.from({ length: 5 }, () => webLock(name).run(async () => {
      expect(++thieves).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 50));
      thieves--;
      return 'taken';
    })));
    expect(taken).toEqual(Array.from({ length: 5 }, () => 'taken'));
    wake('late');
    expect(await frozen).toBe('late');
  });
});

describe('the channel', () => {
  it('tells other tabs a version, and hears nothing but numbers', async () => {
    const name = crypto.randomUUID();
    const heard: unknown[] = [];
    const last = new Promise<void>((resolve) => versionChannel(name).listen((version) => (heard.push(version), version === 8 && resolve())));
    const stranger = new BroadcastChannel(name);
    for (const message of [{ accessToken: 'planted' }, 'text', NaN, 1.5, null, 7]) stranger.postMessage(message);
    const other = versionChannel(name);
    other.listen(() => undefined);
    other.post(8);
    await last;
    expect(heard).toEqual([7, 8]);
    stranger.close();
  });
});
