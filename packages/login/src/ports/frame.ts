/**
 * The hidden frame in which an authorization request runs: a chain of redirects whose last stop is a page of this
 * origin. It runs no script (`sandbox`), so any page of the site can be that stop, and only its address is read.
 */
import { LoginError } from '@passerby/shared';
import type { Clock, Frame } from './ports.ts';

const LOOK_EVERY_MS = 20;

export function hiddenFrame(clock: Clock): Frame {
  let forbidden = false;
  return {
    isForbidden: () => forbidden,
    travel: async (url, isEnd, signal) => {
      const element = document.createElement('iframe');
      element.setAttribute('sandbox', 'allow-same-origin');
      element.referrerPolicy = 'no-referrer';
      element.hidden = true;
      element.title = '';
      let loaded = false;
      let nap = new AbortController();
      const onLoad = (): void => {
        loaded = true;
        nap.abort();
      };
      const onViolation = ({ effectiveDirective, disposition }: SecurityPolicyViolationEvent): void => {
        if (disposition === 'enforce' && /^(frame|child|default)-src$/.test(effectiveDirective)) forbidden = true;
      };
      element.addEventListener('load', onLoad);
      document.addEventListener('securitypolicyviolation', onViolation);
      try {
        element.src = url;
        document.documentElement.append(element);
        for (;;) {
          // Read before the look: a page that had loaded by then and is not the end never becomes it.
          const over = loaded;
          const at = addressOf(element);
          if (at && isEnd(at)) return at;
          if (forbidden) throw new LoginError('frame_blocked', 'The Content-Security-Policy of this page forbids the frame: allow the login and verifier hosts in frame-src');
          if (over && at?.protocol !== 'about:') throw new LoginError('frame_blocked', 'The sign-in frame ended on another page: the verifier or the service is down, or wants to be seen');
          if (signal.aborted) throw new LoginError('deadline', 'The sign-in frame did not come back in time');
          nap = new AbortController();
          await clock.sleep(LOOK_EVERY_MS, nap.signal);
        }
      } finally {
        document.removeEventListener('securitypolicyviolation', onViolation);
        element.remove();
      }
    },
  };
}

/** Where the frame is; null while that is on another origin. */
function addressOf(element: HTMLIFrameElement): URL | null {
  try {
    return new URL(element.contentWindow?.location.href ?? 'about:blank');
  } catch (error) {
    if (error instanceof DOMException && error.name === 'SecurityError') return null;
    throw error;
  }
}
