import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';

const root = new URL('..', import.meta.url);

/** Says what is about to happen: both commands tell the reader what they wait for. */
export const say = (line) => console.log(`\n▸ ${line}`);

/** Runs a command in the project's root with its output shown; resolves with its exit code. */
export function run(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env }, shell: process.platform === 'win32' });
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal ? 1 : code));
  });
}

/** Runs a command and ends this process with its exit code when it fails. */
export async function must(command, args, env) {
  const code = await run(command, args, env);
  if (code !== 0) {
    console.error(`\n✗ ${command} ${args.join(' ')} ended with ${code}`);
    process.exit(code);
  }
}

/** Installs with the pnpm that package.json pins, fetched by npm where it is not there yet. */
export async function install() {
  const { packageManager } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  say(`Installing dependencies with ${packageManager}`);
  await must('npx', ['--yes', packageManager, 'install', '--frozen-lockfile', '--reporter=append-only']);
}

export async function build() {
  say('Building the packages');
  for (const name of ['login', 'verifier', 'emulator']) rmSync(new URL(`packages/${name}/dist`, root), { recursive: true, force: true });
  await must(process.execPath, ['node_modules/rollup/dist/bin/rollup', '-c', '--silent']);
}
