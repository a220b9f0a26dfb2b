/** What a call waits for, step by step, in pages that are watched from outside. */
import { readFileSync } from 'node:fs';
import { median, table } from './stats.mjs';

/** Runs before a page's own scripts; watching costs time, so who is watched is not measured. */
export const TIMELINE = readFileSync(new URL('../page/timeline.js', import.meta.url), 'utf8');

/** The steps since `bench.time()` began; none where the page is not watched. */
export function stepsOf(page) {
  return page.evaluate(() => (globalThis.timeline ?? []).filter(({ begun }) => begun >= globalThis.bench.begun).map(({ what, begun, ended }) => ({ what, begun: begun - globalThis.bench.begun, took: ended - begun })));
}

/** Of several visits, each a list of steps. The second call of one kind is another step than the first. */
export function stepsTable(visits) {
  const steps = new Map();
  for (const notes of visits) {
    const counts = new Map();
    for (const { what, begun, took } of notes.sort((one, other) => one.begun - other.begun)) {
      counts.set(what, (counts.get(what) ?? 0) + 1);
      const name = `${what}, ${counts.get(what)}.`;
      const step = steps.get(name) ?? { begun: [], took: [] };
      steps.set(name, step);
      step.begun.push(begun);
      step.took.push(took);
    }
  }
  const rows = [...steps].map(([name, { begun, took }]) => [name, median(begun), median(took)]).sort(([, one], [, other]) => one - other);
  return table(['step, ms from the call, medians', 'begins', 'takes'], rows.map(([name, ...ms]) => [name, ...ms.map((one) => one.toFixed(1))]));
}
