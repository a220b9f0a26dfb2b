import { expect, it } from 'vitest';
import { FakeWorld, visit } from '../fixtures.ts';

it('a household with a whole IPv6 network gets as many guests as one with a single address', async () => {
  const { handler } = new FakeWorld().verifier({ rateLimit: { burst: 3, perSecond: 1 } });
  const statuses: number[] = [];
  for (let i = 1; i <= 10; i += 1) statuses.push((await handler(visit('?state=s'), { clientAddress: `2001:db8:0:1::${i}` })).status);
  expect(statuses.filter((status) => status === 303)).toHaveLength(3);
  expect((await handler(visit('?state=s'), { clientAddress: '2001:db8:0:2::1' })).status).toBe(303);
});
