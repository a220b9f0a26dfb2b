/** What every page has besides the client it measures. */

/** Calls and never throws: a token, or why there is none. */
async function attempt(work) {
  try {
    const token = await work();
    return typeof token === 'string' ? { token } : { error: `not a token: ${String(token)}` };
  } catch (error) {
    return { error: String(error?.message ?? error?.code ?? error).slice(0, 120) };
  }
}

/** `sdk` is a module of clients/; the page's functions are `globalThis.bench` from now on. */
export function start(sdk) {
  const bench = {
    attempt,

    open(settings) {
      this.settings = settings;
      this.client = sdk.create(settings);
    },

    ready() {
      return sdk.ready?.(this.client, this.settings);
    },

    guest() {
      return sdk.guest(this.client, this.settings);
    },

    getToken() {
      return sdk.getToken(this.client, this.settings);
    },

    /** Milliseconds of `work()`. */
    async time(work) {
      this.begun = performance.now();
      await work();
      return performance.now() - this.begun;
    },

    /** A page that comes back from a redirect finishes the login by itself, as fast as it can: the settings were left for it. */
    async comeBack() {
      this.open(JSON.parse(sessionStorage.getItem('bench.settings')));
      sessionStorage.removeItem('bench.settings');
      const token = await sdk.callback(this.client, this.settings);
      return { token, at: Date.now() };
    },

    /** Leaves for the service; the page ends. */
    leave(settings) {
      sessionStorage.setItem('bench.settings', JSON.stringify(settings));
      this.open(settings);
      void sdk.login(this.client, settings);
      return Date.now();
    },
  };

  Object.assign(globalThis, { sdk, bench });
  if (sessionStorage.getItem('bench.settings') && new URLSearchParams(location.search).has('code')) bench.back = bench.comeBack();
}
