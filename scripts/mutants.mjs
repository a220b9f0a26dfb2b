/**
 * `npm run mutants`: takes each guard out in turn and has a test fail. `npm run mutants -- late` takes only those whose id or file holds "late".
 * Fails when fewer than 95 % are noticed, and when one that is not noticed has no reason in mutants/README.md.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { guards } from '../mutants/guards.mjs';
import { say } from './steps.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
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

process.exitCode = await main();

async function main() {
  const begun = performance.now();
  say(`Checking that the sources still compile without each of ${chosen.length} guards`);
  const problems = compileProblems(chosen);

  say('Running the tests with every guard in its place');
  const runners = Array.from({ length: WORKERS }, startRunner);
  try {
    const whole = await runners[0].runWithout('');
    if (whole.problem || whole.failed) {
      console.error(`✗ They have to pass first: ${whole.problem ?? whole.failed.name}`);
      return 1;
    }

    say(`Taking each guard out, ${WORKERS} at a time`);
    const results = await inTurn(chosen, runners, async (guard, runner) => {
      const problem = problems.get(guard.id);
      const result = { guard, ...(problem ? { problem } : await runner.runWithout(guard.id)) };
      console.log(lineOf(result));
      return result;
    });
    return verdict(results, Math.round((performance.now() - begun) / 1000));
  } finally {
    for (const runner of runners) runner.end();
  }
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
  console.log(`\n${killed} of ${results.length} guards are missed when they are out (${((100 * killed) / results.length).toFixed(1)} %), ${results.filter(({ failed }) => failed?.timedOut).length} of them by a test that waited in vain; ${survivors.length} survived, ${broken.length} broken; ${seconds} s`);
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

/** A process that runs the tests with one guard out after the other, and is replaced where it hangs or dies. */
function startRunner() {
  let child = null;
  const start = () => {
    const started = fork(join(root, 'mutants/runner.mjs'), { cwd: root, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    started.once('exit', () => { if (child === started) child = null; });
    return started;
  };
  const answerOf = async (asked) => {
    const answered = new AbortController();
    const { signal } = answered;
    const hangs = async () => {
      await sleep(PATIENCE_MS, undefined, { signal });
      child = null;
      asked.kill('SIGKILL');
      return { problem: 'the tests hang where no test can end them' };
    };
    try {
      return await Promise.race([once(asked, 'message', { signal }).then(([said]) => said), once(asked, 'exit', { signal }).then(() => ({ problem: 'the tests did not run' })), hangs()]);
    } finally {
      answered.abort();
    }
  };
  return {
    async runWithout(id) {
      if (!child) {
        child = start();
        const ready = await answerOf(child);
        if (ready !== 'ready') return ready;
      }
      const answer = answerOf(child);
      child.send(id);
      return answer;
    },
    end: () => child?.disconnect(),
  };
}

/** Works through a list, each worker one after the other; the answers in the list's order. */
async function inTurn(list, workers, work) {
  const answers = [];
  let next = 0;
  const one = async (worker) => {
    while (next < list.length) {
      const at = next++;
      answers[at] = await work(list[at], worker);
    }
  };
  await Promise.all(workers.map(one));
  return answers;
}
