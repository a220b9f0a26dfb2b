/** What a page loads has a budget: who makes it bigger has to say so. Of the packages as they are built. */
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { BUDGETS, entryPath, filesOf, loadedFirst, measureBudgets, weigh } from '../scripts/size.mjs';

const BUILT = new URL('../packages/login/dist/index.js', import.meta.url);

describe('what somebody loads who opens a shop', () => {
  let measured: Awaited<ReturnType<typeof measureBudgets>> = [];
  beforeAll(async () => {
    if (!existsSync(BUILT)) throw new Error('The packages are not built: npm run build');
    measured = await measureBudgets();
  }, 60_000);

  it.each(BUDGETS.map(({ name, id }) => [name, id] as const))('is no more than its budget: %s', (_name, id) => {
    const { bytes = Infinity, budget = 0 } = measured.find((one) => one.id === id) ?? {};
    expect(bytes, 'Smaller is better; where it has to grow, raise the budget in scripts/size.mjs and say why').toBeLessThanOrEqual(budget);
  });

  it('is a budget that holds it tight: one that has become loose is lowered', () => {
    expect(measured.filter(({ bytes, budget }) => bytes < 0.9 * budget).map(({ name }) => name)).toEqual([]);
  });
});

describe('what comes later', () => {
  it.each(['passerby-authress', 'passerby-oidc'])('comes in one round trip: each file is asked for by name, and none has to be read to know of another (%s)', async (entry) => {
    const files = await filesOf(entryPath(entry));
    const first = loadedFirst(files);
    const later = files.filter((file) => !first.has(file));
    expect(later.length).toBeGreaterThan(1);
    expect(later.filter(({ isDynamicEntry }) => !isDynamicEntry).map(({ name }) => name)).toEqual([]);
    expect(later.flatMap(({ imports }) => imports).filter((name) => later.some((file) => file.name === name))).toEqual([]);
  }, 60_000);
});

describe('the scales', () => {
  const file = (name: string, imports: string[], isEntry = false) => ({ name, imports, isEntry, code: name.repeat(10) });

  it('count what an import of an import brings as loaded first, and the rest as loaded later', () => {
    const files = [file('page.js', ['client.js'], true), file('client.js', ['errors.js']), file('errors.js', []), file('verify.js', ['errors.js'])];
    const { first, lazy } = weigh(files);
    expect([first.minified, lazy.minified]).toEqual([(7 + 9 + 9) * 10, 9 * 10]);
  });
});
