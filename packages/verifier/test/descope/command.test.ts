import { describe, expect, it } from 'vitest';
import { run } from '../../src/command.ts';
import { runDescope } from '../../src/descope/command.ts';
import { makeShop } from '../../../emulator/test/descope/support.ts';
import { BASE, becomeUser, DAY, guestOf, World } from './support.ts';

async function printed(world: World, argv: readonly string[], environment: Readonly<Record<string, string | undefined>> = {}): Promise<string> {
  const lines: string[] = [];
  const all = { DESCOPE_PROJECT_ID: world.shop.descope.projectId, DESCOPE_MANAGEMENT_KEY: world.shop.descope.managementKey, DESCOPE_TENANT_ID: world.tenantId, ...environment };
  await runDescope([...argv, '--base-url', BASE], (line) => lines.push(line), { environment: all, fetch: world.fetch, now: () => world.now });
  return lines.join('\n');
}

const open = () => World.open({ generation: 'temporary_user' });

describe('the descope command', () => {
  it('deletes the guests who cannot come back, and tells how many', async () => {
    const world = await open();
    const [old, user] = [await guestOf(world), await guestOf(world)];
    await becomeUser(world, user);
    world.pass(400 * DAY);
    expect(await printed(world, ['cull', '--older-than', '400d'])).toBe('looked   1\ndeleted  1\nkept     0\nfailed   0');
    expect([world.known(old.subject), world.known(user.subject)?.userId]).toEqual([undefined, user.subject]);
    expect(await printed(world, ['cull', '--tenant-id', world.tenantId], { DESCOPE_TENANT_ID: undefined })).toMatch(/^looked   0\n/);
    await expect(printed(world, ['cull', '--older-than', '300d'])).rejects.toThrow(/364 days/);
  });

  it('makes the tenant of the guests, once, and leaves its settings as they are', async () => {
    const { descope } = await makeShop();
    const asked: string[] = [];
    const make = async (): Promise<string> => {
      const lines: string[] = [];
      const fetch: typeof globalThis.fetch = (input, init) => (asked.push(`${init?.method} ${new URL(String(input)).pathname}`), descope.handle(new Request(input, init)));
      await runDescope(['tenant', '--base-url', BASE], (line) => lines.push(line), { environment: { DESCOPE_PROJECT_ID: descope.projectId, DESCOPE_MANAGEMENT_KEY: descope.managementKey }, fetch });
      return lines.join('\n');
    };
    expect([await make(), await make()]).toEqual(['anonymous-users', 'anonymous-users']);
    expect(asked).toEqual(['POST /v1/mgmt/tenant/create', 'GET /v1/mgmt/tenant/settings', 'POST /v1/mgmt/tenant/settings', 'POST /v1/mgmt/tenant/create', 'GET /v1/mgmt/tenant/settings']);
    // Its members' tokens live for 52 weeks.
    const world = await World.open({ generation: 'temporary_user', emulator: {} });
    await expect(printed(world, ['tenant'])).rejects.toThrow(/tenant/);
  });

  it('says what to set, and repeats no secret', async () => {
    const world = await open();
    await expect(printed(world, ['cull'], { DESCOPE_PROJECT_ID: undefined })).rejects.toThrow(/--project-id/);
    await expect(printed(world, ['cull'], { DESCOPE_MANAGEMENT_KEY: undefined })).rejects.toThrow(/DESCOPE_MANAGEMENT_KEY/);
    await expect(printed(world, ['cull'], { DESCOPE_TENANT_ID: undefined })).rejects.toThrow(/--tenant-id/);
    const problem = await printed(world, ['cull'], { DESCOPE_MANAGEMENT_KEY: 'K2wrongkey' }).catch(String);
    expect(problem).toMatch(/new management key/);
    expect(problem).not.toContain('K2wrongkey');
    await expect(printed(world, ['cull'], { DESCOPE_MANAGEMENT_KEY: 'K2 wrongkey' })).rejects.toThrow(/managementKey is missing/);
  });

  it.each([[[]], [['list']], [['cull', '--older-than', '30']], [['cull', 'all']], [['cull', '--key', 'x']], [['tenant', '--older-than', '3d']]])('knows no %j', async (argv) => {
    const world = await open();
    await expect(printed(world, argv)).rejects.toThrow(/older-than|--key/);
    expect(world.asked).toEqual([]);
  });

  it('explains itself', async () => {
    const lines: string[] = [];
    await run(['descope', '--help'], (line) => lines.push(line));
    expect(lines.join('\n')).toContain('descope cull --older-than 400d');
    await expect(run(['descope', 'list'], () => undefined)).rejects.toThrow(/descope tenant/);
  });
});
