/** Where PostgreSQL is on this machine, and one of our own for as long as a test takes. */
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const DEBIAN = '/usr/lib/postgresql';

/** The folder of PostgreSQL's programs: named by POSTGRES, or the system's newest; undefined: none. */
export function postgresPath() {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((one, other) => Number(other) - Number(one)) : [];
  return [process.env.POSTGRES, ...versions.map((version) => join(DEBIAN, version, 'bin'))].find((path) => path && existsSync(join(path, 'initdb')));
}

/**
 * Starts an empty PostgreSQL that listens on a socket in a temporary folder and forgets everything when it is stopped. As root it runs as somebody else: it refuses root.
 * It does not wait for the disk, unless it is to be `durable`.
 */
export async function startPostgres({ durable = false } = {}) {
  const path = postgresPath();
  if (!path) throw new Error('No PostgreSQL was found. In Debian: apt-get install postgresql. Or name the folder of its programs: POSTGRES=/path/to/bin');
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
  const who = process.getuid?.() === 0 ? somebody() : {};
  if (who.uid !== undefined) chownSync(folder, who.uid, who.gid);
  const data = join(folder, 'data');
  execFileSync(join(path, 'initdb'), ['-D', data, '-U', 'passerby', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'], { ...who, stdio: ['ignore', 'ignore', 'pipe'] });
  const settings = ['listen_addresses=', 'max_connections=200', ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'])].flatMap((setting) => ['-c', setting]);
  const server = spawn(join(path, 'postgres'), ['-D', data, '-k', folder, ...settings], { ...who, stdio: ['ignore', 'ignore', 'pipe'] });
  const log = [];
  server.stderr.setEncoding('utf8').on('data', (text) => log.push(text));
  const isOver = new Promise((resolve) => server.once('exit', resolve));
  const cutOff = () => server.kill('SIGINT');
  process.once('exit', cutOff);
  await isReady(server, log);
  return {
    connection: { host: folder, user: 'passerby', database: 'postgres' },
    async stop() {
      process.off('exit', cutOff);
      // It waits for those who are just leaving.
      server.kill('SIGTERM');
      const timer = setTimeout(cutOff, 2_000);
      await isOver;
      clearTimeout(timer);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The user that Debian's package makes for it, or the one that owns nothing. */
function somebody() {
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = ['-u', '-g'].map((what) => Number(execFileSync('id', [what, name], { stdio: ['ignore', 'pipe', 'ignore'] })));
      return { uid, gid };
    } catch (error) {
      // `id` ends with 1 where there is no such user.
      if (error.status !== 1) throw error;
    }
  }
  throw new Error('PostgreSQL does not run as root, and there is neither a user postgres nor nobody');
}

async function isReady(server, log) {
  const until = performance.now() + 30_000;
  while (!log.join('').includes('ready to accept connections')) {
    if (server.exitCode !== null || performance.now() > until) throw new Error(`PostgreSQL did not start:\n${log.join('')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
