const UNSUPPORTED = 'oidc-provider WARNING: Unsupported runtime.';

/**
 * Loads oidc-provider, for whoever starts an OpenID provider and nobody else. It warns of every Node below 22; our own tests say which
 * Node it works on, so that one line is left out.
 */
export async function loadLibrary(): Promise<typeof import('oidc-provider')> {
  const { warn } = console;
  console.warn = (...line: unknown[]) => {
    if (!String(line[0]).includes(UNSUPPORTED)) warn(...line);
  };
  try {
    return await import('oidc-provider');
  } finally {
    console.warn = warn;
  }
}
