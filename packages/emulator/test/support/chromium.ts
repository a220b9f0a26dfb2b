import { chromium, type Browser } from 'playwright-core';
import { chromiumArguments, chromiumPath } from '../../../../scripts/chromium.mjs';

/** A real Chromium in which every `*.test` name is this machine, as every `*.localhost` name is in any browser. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = chromiumPath();
  return chromium.launch({ ...(executablePath && { executablePath }), args: [...chromiumArguments, '--host-resolver-rules=MAP *.test 127.0.0.1'] });
}
