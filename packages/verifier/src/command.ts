import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { DESCOPE_HELP, runDescope } from './descope/command.ts';
import { newKeySet, rotate } from './issuer/new-keys.ts';
import { runStore, STORE_HELP } from './store/command.ts';
import { runZitadel, ZITADEL_HELP } from './zitadel/command.ts';

const HELP = `passerby-verifier: keys, store and guests of the verifier

  passerby-verifier keys generate > keys.json   a new key set; keep it secret
  passerby-verifier keys rotate keys.json       the key that was next signs from now on, and a new one is next; the two before it verify
                                                what they signed. Start your processes anew with it, one
                                                after the other if you like: all of them know the key already
  passerby-verifier keys seal                   a new key for the cookies of createZitadel; keep it secret
${STORE_HELP}
${ZITADEL_HELP}
${DESCOPE_HELP}`;

/** The command line: makes keys, puts a new one in front, or looks after the store and the guests. @throws Error with what to do */
export async function run(argv: readonly string[], print: (line: string) => void): Promise<void> {
  if (argv[0] === 'store' && !argv.includes('--help')) return runStore(argv.slice(1), print);
  if (argv[0] === 'zitadel' && !argv.includes('--help')) return runZitadel(argv.slice(1), print);
  if (argv[0] === 'descope' && !argv.includes('--help')) return runDescope(argv.slice(1), print);
  const { values, positionals } = parseArgs({ args: [...argv], options: { help: { type: 'boolean', default: false } }, allowPositionals: true });
  const [topic, action, file, ...rest] = positionals;
  if (values.help) return print(HELP);
  if (topic === 'keys' && action === 'generate' && file === undefined) return print(JSON.stringify(await newKeySet(), null, 2));
  if (topic === 'keys' && action === 'seal' && file === undefined) return print(randomBytes(32).toString('base64url'));
  if (topic === 'keys' && action === 'rotate' && file !== undefined && rest.length === 0) return rotateFile(file, print);
  throw new Error(HELP);
}

async function rotateFile(path: string, print: (line: string) => void): Promise<void> {
  const { keys, dropped } = await rotate(await readFile(path, 'utf8'));
  // Beside it, then renamed: a process that stops in between leaves one whole file or the other. Its mode is set when it is made.
  const next = `${path}.next`;
  await rm(next, { force: true });
  await writeFile(next, `${JSON.stringify({ keys }, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  await rename(next, path);
  const [first, second, ...old] = keys.map(({ kid }) => kid);
  print(`Signs      ${first}`);
  print(`Next       ${second}`);
  for (const kid of old) print(`Verifies   ${kid}`);
  for (const kid of dropped) print(`Dropped    ${kid}: sessions that were last used with it are over`);
}
