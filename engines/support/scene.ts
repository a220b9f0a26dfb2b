import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Browser, Engine, Visitor } from './engine.ts';

interface Closable {
  close(): Promise<void>;
}

/** Who is where, in the test that runs. */
export interface Scene<Place> {
  readonly place: Place;
  readonly visitor: Visitor;
  /** Somebody else, who shares nothing with the visitor. */
  stranger(): Promise<Visitor>;
}

/** For a block whose tests open places of their own: each with a visitor, and both gone after the test. The browser is the block's. */
export function scenesIn(engine: Engine): <Place extends Closable>(open: () => Promise<Place>) => Promise<Scene<Place>> {
  let browser: Browser;
  const opened: Closable[] = [];
  const keep = <T extends Closable>(one: T): T => {
    opened.unshift(one);
    return one;
  };
  const stranger = async (): Promise<Visitor> => keep(await browser.visitor());
  beforeAll(async () => {
    browser = await engine.launch();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
  });
  return async (open) => ({ place: keep(await open()), visitor: await stranger(), stranger });
}

/** For a block whose tests all begin at the same place. */
export function sceneIn<Place extends Closable>(engine: Engine, open: () => Promise<Place>): Scene<Place> {
  const begin = scenesIn(engine);
  const scene = {} as Scene<Place>;
  beforeEach(async () => void Object.assign(scene, await begin(open)));
  return scene;
}
