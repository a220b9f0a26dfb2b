/** WebKitGTK: its MiniBrowser on a screen that nobody sees, driven by plain WebDriver. One browser is one person, and forgets all at its end. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../packages/emulator/test/support/ports.ts';
import { asScript, type Browser, type Cookie, type Engine, type LaunchSettings, type Tab, type Visitor } from './engine.ts';

export const webKitEngine: Engine = {
  name: 'WebKitGTK',
  crowd: 6,
  launch: async (settings: LaunchSettings = {}) => {
    const people: Visitor[] = [];
    return {
      visitor: async () => {
        const person = await openMiniBrowser(settings);
        people.push(person);
        return person;
      },
      close: async () => void (await Promise.all(people.map((person) => person.close()))),
    } satisfies Browser;
  },
};

async function openMiniBrowser({ thirdPartyCookies }: LaunchSettings): Promise<Visitor> {
  const screen = await openScreen();
  const [port = 0] = await freePorts(1);
  const driver = spawn('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], {
    stdio: 'ignore',
    env: { ...process.env, DISPLAY: screen.display, GDK_BACKEND: 'x11', LIBGL_ALWAYS_SOFTWARE: '1', WEBKIT_DISABLE_COMPOSITING_MODE: '1', WEBKIT_DISABLE_DMABUF_RENDERER: '1', NO_AT_BRIDGE: '1' },
  });
  const stop = async (): Promise<void> => {
    await ended(driver);
    await ended(screen.process);
  };
  try {
    const wire = new Wire(`http://127.0.0.1:${port}`);
    await wire.isReady();
    await wire.begin({
      acceptInsecureCerts: true,
      'webkitgtk:browserOptions': { binary: miniBrowserPath(), args: ['--automation', ...(thirdPartyCookies === 'blocked' ? ['--enable-itp=true'] : [])] },
    });
    return visitorOf(wire, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

function visitorOf(wire: Wire, stop: () => Promise<void>): Visitor {
  let isOpen = true;
  const opened: string[] = [];
  return {
    openTab: async (url) => {
      const window = opened.length === 0 ? await wire.firstWindow() : await wire.newWindow();
      opened.push(window);
      const tab = tabOf(wire, window);
      await tab.goto(url);
      return tab;
    },
    popups: async () => (await wire.windows()).filter((window) => !opened.includes(window)).map((window) => tabOf(wire, window)),
    cookies: (url) => wire.cookies(url),
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      await wire.end();
      await stop();
    },
  };
}

/** A command to this driver blocks all tabs until it is answered, so that an answer is looked for and never waited for. */
const LOOK_EVERY_MS = 25;

function tabOf(wire: Wire, window: string): Tab {
  return {
    goto: (url) => wire.goto(window, url),
    evaluate: async <R>(work: unknown, argument?: unknown): Promise<R> => {
      const id = crypto.randomUUID();
      let answer = (await wire.run(window, `
        const failed = (error) => ({ state: 'failed', message: String(error && (error.message || error)) + ' ' + String(error && error.stack) });
        const done = (value) => ({ state: 'done', value });
        try {
          const value = ${asScript(work, argument)};
          // What is known at once is told at once: the page may leave in a moment.
          if (!(value instanceof Promise)) return done(value);
          const answers = (window.answersForTheTest ??= {});
          answers['${id}'] = { state: 'running' };
          value.then((late) => (answers['${id}'] = done(late)), (error) => (answers['${id}'] = failed(error)));
          return answers['${id}'];
        } catch (error) {
          return failed(error);
        }`)) as Answer;
      for (; answer.state === 'running'; await sleep(LOOK_EVERY_MS)) {
        answer = (await wire.run(window, `return (window.answersForTheTest ?? {})['${id}'] ?? { state: 'failed', message: 'The page went away before it answered' };`)) as Answer;
      }
      if (answer.state === 'failed') throw new Error(answer.message);
      return answer.value as R;
    },
    press: (selector) => wire.press(window, selector),
    close: () => wire.closeWindow(window),
  };
}

interface Answer {
  readonly state: 'running' | 'done' | 'failed';
  readonly value?: unknown;
  readonly message?: string;
}

/** The driver now and then loses the answer to a script that meets a navigation. Scripts answer at once, so what takes this long never comes; whoever looks at a page that is on its way looks again. */
const LOST_MS = 10_000;

/** The WebDriver session. Its "current window" belongs to everybody, so commands go one after the other. */
class Wire {
  readonly #driver: string;
  #session = '';
  #last: Promise<unknown> = Promise.resolve();

  constructor(driver: string) {
    this.#driver = driver;
  }

  async isReady(): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        return void (await this.#send('GET', '/status'));
      } catch (error) {
        if (tries === 100) throw error;
        await sleep(100);
      }
    }
  }

  async begin(alwaysMatch: object): Promise<void> {
    const { sessionId } = (await this.#send('POST', '/session', { capabilities: { alwaysMatch } })) as { sessionId: string };
    this.#session = `/session/${sessionId}`;
    await this.#send('POST', `${this.#session}/timeouts`, { script: 60_000, pageLoad: 60_000 });
  }

  async end(): Promise<void> {
    // A driver that is gone has no session to end.
    await this.#inTurn(() => this.#send('DELETE', this.#session)).catch(() => undefined);
  }

  firstWindow(): Promise<string> {
    return this.#inTurn(async () => (await this.#send('GET', `${this.#session}/window`)) as string);
  }

  newWindow(): Promise<string> {
    return this.#inTurn(async () => ((await this.#send('POST', `${this.#session}/window/new`, { type: 'tab' })) as { handle: string }).handle);
  }

  windows(): Promise<readonly string[]> {
    return this.#inTurn(async () => (await this.#send('GET', `${this.#session}/window/handles`)) as string[]);
  }

  press(window: string, selector: string): Promise<void> {
    return this.#inWindow(window, async () => {
      const [element] = Object.values((await this.#send('POST', `${this.#session}/element`, { using: 'css selector', value: selector })) as object) as string[];
      await this.#send('POST', `${this.#session}/element/${element}/click`, {});
    });
  }

  goto(window: string, url: string): Promise<void> {
    return this.#inWindow(window, async () => void (await this.#send('POST', `${this.#session}/url`, { url })));
  }

  run(window: string, script: string): Promise<unknown> {
    return this.#inWindow(window, () => this.#send('POST', `${this.#session}/execute/sync`, { script, args: [] }, LOST_MS));
  }

  closeWindow(window: string): Promise<void> {
    return this.#inWindow(window, async () => {
      const [left] = (await this.#send('DELETE', `${this.#session}/window`)) as string[];
      if (left !== undefined) await this.#send('POST', `${this.#session}/window`, { handle: left });
    });
  }

  /** WebDriver tells the cookies of the page a window is on, so one goes there. */
  async cookies(url: string): Promise<readonly Cookie[]> {
    const window = await this.newWindow();
    await this.goto(window, url);
    const cookies = await this.#inWindow(window, async () => (await this.#send('GET', `${this.#session}/cookie`)) as Cookie[]);
    await this.closeWindow(window);
    return cookies.map(({ name, value }) => ({ name, value }));
  }

  #inWindow<T>(handle: string, work: () => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      await this.#send('POST', `${this.#session}/window`, { handle });
      return work();
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #send(method: string, path: string, body?: object, withinMs = 60_000): Promise<unknown> {
    const response = await fetch(this.#driver + path, { method, headers: { 'content-type': 'application/json' }, signal: AbortSignal.timeout(withinMs), ...(body && { body: JSON.stringify(body) }) });
    const { value } = (await response.json()) as { value: unknown };
    if (!response.ok) {
      const { error = '', message = '' } = (value ?? {}) as { error?: string; message?: string };
      throw new Error(`WebKitWebDriver ${method} ${path.split('/').slice(3).join('/')}: ${error} ${message}`);
    }
    return value;
  }
}

async function openScreen(): Promise<{ display: string; process: ChildProcess }> {
  const screen = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const display = await new Promise<string>((resolve, reject) => {
    screen.once('error', reject);
    screen.once('exit', () => reject(new Error('Xvfb ended at once')));
    screen.stdout?.once('data', (text: Buffer) => resolve(`:${text.toString().trim()}`));
  });
  return { display, process: screen };
}

function miniBrowserPath(): string {
  const libraries = existsSync('/usr/lib') ? readdirSync('/usr/lib').filter((name) => name.endsWith('-linux-gnu')) : [];
  const found = libraries.flatMap((name) => ['4.1', '6.0', '4.0'].map((version) => `/usr/lib/${name}/webkit2gtk-${version}/MiniBrowser`)).find((path) => existsSync(path));
  return process.env.MINIBROWSER ?? found ?? 'MiniBrowser';
}

function ended(child: ChildProcess): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  return gone;
}
