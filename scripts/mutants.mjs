/**
 * `npm run mutants`: takes each guard out in turn and has a test fail. `npm run mutants -- late` takes only those whose id or file holds "late".
 * Fails when fewer than 95 % are noticed, and when one that is not noticed has no reason in mutants/README.md.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { guards } from '../mutants/guards.mjs';
import { say } from './steps.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'mutants-'));
const WORKERS = Number(process.env.MUTANT_WORKERS ?? 2);
const WANTED = 0.95;
/** A run that does not end by then hangs where no test can end it. */
const PATIENCE_MS = 600_000;

const wanted = process.argv.slice(2);
const chosen = guards.filter(({ id, file }) => wanted.length === 0 || wanted.some((part) => id.includes(part) || file.includes(part)));
if (chosen.length === 0) {
  console.error(`✗ No guard has ${wanted.join(' or ')} in its id or file`);
  process.exit(1);
}

try {
  process.exitCode = await main();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function main() {
  const begun = performance.now();
  say(`Checking that the sources still compile without each of ${chosen.length} guards`);
  const problems = compileProblems(chosen);

  say('Running the tests with every guard in its place');
  const whole = await runTests('');
  if (whole.problem || whole.failed) {
    console.error(`✗ They have to pass first: ${whole.problem ?? whole.failed.name}`);
    return 1;
  }

  say(`Taking each guard out, ${WORKERS} at a time`);
  const results = await inTurn(chosen, async (guard) => {
    const problem = problems.get(guard.id);
    const result = { guard, ...(problem ? { problem } : await runTests(guard.id)) };
    console.log(lineOf(result));
    return result;
  });
  return verdict(results, Math.round((performance.now() - begun) / 1000));
}

function lineOf({ guard, problem, failed }) {
  if (problem) return `! ${guard.id}: broken, ${problem}`;
  if (!failed) return `✗ ${guard.id}: SURVIVED. ${guard.why}`;
  return `✓ ${guard.id}: killed by "${failed.name}"${failed.timedOut ? ', which waited in vain' : ''}`;
}

function verdict(results, seconds) {
  const reasons = readFileSync(join(root, 'mutants/README.md'), 'utf8');
  const isNamed = (id) => reasons.includes(`- \`${id}\`: `);
  const broken = results.filter(({ problem }) => problem);
  const survivors = results.filter(({ problem, failed }) => !problem && !failed);
  const killed = results.length - broken.length - survivors.length;
  const unnamed = survivors.filter(({ guard }) => !isNamed(guard.id));
  const needless = results.filter(({ failed, guard }) => failed && isNamed(guard.id));
  console.log(`\n${killed} of ${results.length} guards are missed when they are out (${((100 * killed) / results.length).toFixed(1)} %); ${survivors.length} survived, ${broken.length} broken; ${seconds} s`);
  for (const { guard } of unnamed) console.error(`✗ ${guard.id} survived, and mutants/README.md does not say why`);
  for (const { guard } of needless) console.error(`✗ ${guard.id} is named in mutants/README.md, and a test does notice`);
  return killed / results.length >= WANTED && broken.length === 0 && unnamed.length === 0 && needless.length === 0 ? 0 : 1;
}

/** What the compiler says about a source without its guard: a mutant that does not compile proves nothing. */
function compileProblems(list) {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, root, { noUnusedLocals: false, noUnusedParameters: false, incremental: false });
  const texts = new Map();
  const versions = new Map();
  const read = (path) => texts.get(path) ?? ts.sys.readFile(path);
  const service = ts.createLanguageService({
    ...ts.sys, useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames, getCompilationSettings: () => options, getScriptFileNames: () => fileNames.filter((name) => name.includes('/src/')), getCurrentDirectory: () => root,
    getScriptVersion: (path) => String(versions.get(path) ?? 0), getDefaultLibFileName: ts.getDefaultLibFilePath,
    getScriptSnapshot: (path) => { const text = read(path); return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text); },
  });
  const put = (path, text) => {
    if (text === undefined) texts.delete(path);
    else texts.set(path, text);
    versions.set(path, (versions.get(path) ?? 0) + 1);
  };
  const problems = new Map();
  for (const { id, file, find, replace } of list) {
    const path = join(root, file);
    const text = ts.sys.readFile(path) ?? '';
    const count = text.split(find).length - 1;
    if (count !== 1) {
      problems.set(id, `what it looks for is in ${file} ${count} times`);
      continue;
    }
    put(path, text.replace(find, () => replace));
    const [first] = [...service.getSyntacticDiagnostics(path), ...service.getSemanticDiagnostics(path)];
    if (first) problems.set(id, `it does not compile: ${ts.flattenDiagnosticMessageText(first.messageText, ' ')}`);
    put(path, undefined);
  }
  return problems;
}

/** Runs the tests with one guard out: `failed`, the first test that noticed; `problem`, what kept the run from proving anything. */
async function runTests(id) {
  const report = join(scratch, `${id || 'whole'}.json`);
  const command = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'mutants/vitest.config.ts', '--bail', '1', '--reporter', 'json', '--outputFile', report];
  const { output, hangs } = await runQuietly(command, { MUTANT: id });
  if (hangs) return { problem: 'the tests hang where no test can end them' };
  const answer = readReport(report);
  if (!answer) return { problem: `the tests did not run: ${output.trim().split('\n').at(-1)}` };
  if (id && !output.includes(`Taken out: ${id}`)) return { problem: 'no test loads its file' };
  const unloaded = answer.testResults.find(({ status, message, assertionResults }) => status === 'failed' && message && assertionResults.length === 0);
  if (unloaded) return { problem: `${unloaded.name.slice(root.length)} does not load: ${unloaded.message.split('\n')[0]}` };
  const failed = answer.testResults.flatMap(({ assertionResults }) => assertionResults).find(({ status }) => status === 'failed');
  if (failed) return { failed: { name: failed.fullName.trim(), timedOut: failed.failureMessages.some((message) => message.includes('timed out in')) } };
  return answer.success ? {} : { problem: 'the run failed, and no test did' };
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return null;
  }
}

function runQuietly(args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let hangs = false;
    const timer = setTimeout(() => {
      hangs = true;
      child.kill('SIGKILL');
    }, PATIENCE_MS);
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => { output += text; });
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      resolve({ output, hangs });
    });
  });
}

/** Works through a list, a few at a time; the answers in the list's order. */
async function inTurn(list, work) {
  const answers = [];
  let next = 0;
  const one = async () => {
    while (next < list.length) {
      const at = next++;
      answers[at] = await work(list[at]);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, one));
  return answers;
}
