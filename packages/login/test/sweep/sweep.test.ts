import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Dialect } from '../simulation/service.ts';
import { Trial } from '../simulation/trial.ts';
import { faultsOf, Meddler } from './meddler.ts';
import { scenes, type Scene } from './scenes.ts';

const dialects: readonly Dialect[] = ['cookie', 'rotation'];
const calm = { service: false, storage: false, pages: false, clock: false, loss: false, revocation: false };

const reported: unknown[] = [];
beforeEach(() => {
  reported.length = 0;
  vi.stubGlobal('reportError', (error: unknown) => void reported.push(error));
});
afterEach(() => void vi.unstubAllGlobals());

/** What went wrong, or null; `fallsOn` names the port call that failed. */
async function run(scene: Scene, dialect: Dialect, meddler: Meddler): Promise<{ problem: string | null; trace: readonly string[] }> {
  const weather = { ...calm, storage: meddler.fault !== null, pages: meddler.fault !== null };
  const trial: Trial = new Trial(
    { seed: 7, dialect, identityInUse: scene.identityInUse ?? 'grant', subjects: scene.subjects ?? 'kept', merges: 'wanted', weather, operations: [] },
    (ports, page) => meddler.between(trial.browser, ports, page),
  );
  const page = await scene.before(trial);
  meddler.page = page;
  const result = await trial.settle(async () => {
    trial.ledger.track(page, scene.name, scene.call(trial.login(page), trial, page), scene.leaves === 'perhaps' ? { ends: 'perhaps' } : {});
    await trial.pass(40_000);
  });
  return { problem: result.violation?.message ?? null, trace: result.trace };
}

describe.each(dialects)('with renewal by %s, nothing is lost whichever port call fails', (dialect) => {
  it.each(scenes.filter(({ only }) => !only || only === dialect))('in $name', async (scene) => {
    const clean = new Meddler();
    expect(await run(scene, dialect, clean)).toMatchObject({ problem: null });
    const problems: string[] = [];
    for (const [index, { name, kind }] of clean.calls.entries()) {
      for (const fault of faultsOf[kind]) {
        const { problem, trace } = await run(scene, dialect, new Meddler(index + 1, fault));
        if (problem) problems.push([`call ${index + 1}, ${name}, ${fault}: ${problem}`, ...(process.env.SWEEP_TRACES ? trace : [])].join('\n    '));
      }
    }
    expect(problems).toEqual([]);
    expect(reported).toEqual([]);
  }, 60_000);
});
