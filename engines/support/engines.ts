import type { TestContext } from 'vitest';
import type { Engine, EngineName } from './engine.ts';
import { chromiumEngine, firefoxEngine } from './playwright.ts';
import { webKitEngine } from './webkitgtk.ts';

const all: readonly Engine[] = [chromiumEngine, firefoxEngine, webKitEngine];

/** The engines under test; ENGINES=Firefox,WebKitGTK names some. */
export const engines: readonly Engine[] = all.filter(({ name }) => (process.env.ENGINES ?? '').split(',').filter(Boolean).length === 0 || process.env.ENGINES?.split(',').includes(name));

/** Those of them that can do what a test needs; the others are in the table of README.md. */
export const enginesThatCan = (...names: EngineName[]): readonly Engine[] => engines.filter(({ name }) => names.includes(name));

declare module 'vitest' {
  interface TaskMeta {
    measured?: string[];
  }
}

/** Keeps a number for the summary. It is told, and nothing depends on it. */
export function measured({ task }: TestContext, what: string): void {
  (task.meta.measured ??= []).push(what);
}
