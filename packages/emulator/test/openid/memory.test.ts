import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Memory } from '../../src/openid/memory.ts';
import { ask, Browser, makeOpenId, redeem } from './support.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const later = (seconds: number): void => void vi.setSystemTime(Date.now() + seconds * 1000);

test('what has ended is not found, by any name, and takes no room', async () => {
  const codes = new Memory().adapter('AuthorizationCode');
  await codes.upsert('short', { uid: 'u', grantId: 'g' }, 60);
  await codes.upsert('for good', { uid: 'v' });
  expect(await codes.find('short')).toMatchObject({ grantId: 'g' });
  expect(await codes.findByUid('u')).toBeDefined();
  later(60);
  expect([await codes.find('short'), await codes.findByUid('u')]).toEqual([undefined, undefined]);
  expect(await codes.find('for good')).toBeDefined();
  // Written before the clock went back: had it been kept, it would be there again.
  await codes.upsert('another', {}, 60);
  later(-60);
  expect(await codes.find('short')).toBeUndefined();
});

test('a revoked grant takes its tokens along, and no others; one kind never finds another', async () => {
  const memory = new Memory();
  const tokens = memory.adapter('AccessToken');
  await tokens.upsert('one', { grantId: 'g' }, 60);
  await tokens.upsert('two', { grantId: 'h' }, 60);
  await memory.adapter('AccessToken').revokeByGrantId('g');
  expect([await tokens.find('one'), await tokens.find('two')]).toEqual([undefined, expect.objectContaining({ grantId: 'h' })]);
  expect(await memory.adapter('Session').find('two')).toBeUndefined();
});

test('a code is good for a minute', async () => {
  const openid = await makeOpenId();
  const [first, second] = [ask(), ask()];
  const [early, late] = [await new Browser(openid).signIn(first), await new Browser(openid).signIn(second)];
  later(55);
  expect((await redeem(openid, first, early.searchParams.get('code'))).status).toBe(200);
  later(10);
  expect((await redeem(openid, second, late.searchParams.get('code'))).status).toBe(400);
});
