/** Keeps the list of guards true, fast: whether a test notices each one's absence is what `npm run mutants` finds out. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { guards } from '../mutants/guards.mjs';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

describe('the guards that are taken out in turn', () => {
  it('are at least sixty, each with a name of its own and a sentence about a person', () => {
    expect(guards.length).toBeGreaterThanOrEqual(60);
    expect(guards.map(({ id }) => id).filter((id, i, ids) => ids.indexOf(id) !== i || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id))).toEqual([]);
    expect(guards.filter(({ why }) => !/^\S+ \S+ .+\.$/.test(why)).map(({ id }) => id)).toEqual([]);
  });

  it('are each in its file, exactly once', () => {
    const counts = guards.map(({ id, file, find }) => `${id}: ${read(file).split(find).length - 1} in ${file}`);
    expect(counts.filter((count) => !count.includes(': 1 in '))).toEqual([]);
  });

  it('are replaced by something else', () => {
    expect(guards.filter(({ find, replace }) => find === replace).map(({ id }) => id)).toEqual([]);
    const changes = guards.map(({ file, find, replace }) => `${file} ${find} ${replace}`);
    expect(new Set(changes).size).toBe(changes.length);
  });

  it('that nobody misses are named with a reason, and no others', () => {
    const named = [...read('mutants/README.md').matchAll(/^- `([^`]+)`: /gm)].map(([, id]) => id);
    expect(named.filter((id) => !guards.some((guard) => guard.id === id))).toEqual([]);
    expect(named.length / guards.length).toBeLessThanOrEqual(0.05);
  });
});
