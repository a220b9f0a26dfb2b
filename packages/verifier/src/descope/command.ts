import { parseArgs } from 'node:util';
import { readDuration } from '../store/command.ts';
import type { DescopeCulled } from './cull.ts';
import { createDescopeCull, createDescopeTenant } from './descope.ts';

export const DESCOPE_HELP = `  passerby-verifier descope tenant              makes the tenant of the guests at Descope, for generation temporary_user, and prints its id
  passerby-verifier descope cull --older-than 400d --tenant-id anonymous-users
                                                deletes the guests at Descope who were made that long ago (d, h or m) and did not become users; never
                                                less than the tenant's refresh tokens live, which is the default. Run it daily. --project-id, or
                                                DESCOPE_PROJECT_ID in the environment, is your project, --base-url its address where it is not the usual
                                                one; the management key is DESCOPE_MANAGEMENT_KEY`;

export interface DescopeSurroundings {
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Milliseconds since epoch. */
  readonly now?: (() => number) | undefined;
}

const text = { type: 'string' } as const;
const OPTIONS = { 'project-id': text, 'base-url': text, 'tenant-id': text, 'older-than': text };
const TOLD_EVERY = 1_000;

/** `passerby-verifier descope …`. @throws Error with what to do */
export async function runDescope(argv: readonly string[], print: (line: string) => void, { environment = process.env, fetch, now }: DescopeSurroundings = {}): Promise<void> {
  const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  const [action, ...rest] = positionals;
  if (rest.length > 0 || (action !== 'tenant' && action !== 'cull') || (action === 'tenant' && (values['older-than'] ?? values['tenant-id']) !== undefined)) throw new Error(DESCOPE_HELP);
  const [projectId, managementKey] = [values['project-id'] ?? environment['DESCOPE_PROJECT_ID'], environment['DESCOPE_MANAGEMENT_KEY']];
  if (!projectId) throw new Error('Which project? Write --project-id P2…, or set DESCOPE_PROJECT_ID');
  if (!managementKey) throw new Error('Set DESCOPE_MANAGEMENT_KEY to a management key of the project');
  const service = { projectId, managementKey, baseUrl: values['base-url'], report: print, fetch, now };
  if (action === 'tenant') return print(await createDescopeTenant(service));
  const tenantId = values['tenant-id'] ?? environment['DESCOPE_TENANT_ID'];
  if (!tenantId) throw new Error("Whose guests? Write --tenant-id with the id of the guests' tenant, or set DESCOPE_TENANT_ID");
  const on = ({ looked, deleted }: DescopeCulled): void => {
    if (looked % TOLD_EVERY === 0) print(`  looked at ${looked}, deleted ${deleted}`);
  };
  const olderThan = values['older-than'] === undefined ? undefined : readDuration(values['older-than']);
  for (const [kind, count] of Object.entries(await createDescopeCull({ ...service, tenantId })({ olderThan, on }))) print(`${kind.padEnd(8)} ${count}`);
}
