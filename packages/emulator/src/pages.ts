import { KNOWN_PEOPLE, LONGEST_NAME } from './people.ts';
import { randomName } from './random.ts';

/**
 * Says no to being framed and to telling the next site where the person came from, as every page here does. No
 * Cross-Origin-Opener-Policy: it would part a sign-in popup from the page that opened it.
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

interface SignInPage {
  /** What people read: with what they sign in. */
  readonly provider: string;
  /** Where the choice is posted, with what is hidden beside it. */
  readonly action: string;
  readonly hidden?: Readonly<Record<string, string>>;
  readonly cancelUrl: string;
}

/** The fake provider's page: forms and links, no script. */
export function signInPage({ provider, action, hidden = {}, cancelUrl }: SignInPage): Response {
  const name = escape(provider);
  return page(`Sign in with ${provider}`, 200, `
    <p class="note">Make-believe ${name}, for development</p>
    <h1>Sign in with ${name}</h1>
    <p>Who are you today?</p>
    ${peopleForms(action, hidden)}
    <p class="cancel"><a href="${escape(cancelUrl)}" data-testid="person-cancel">Cancel and go back</a></p>`);
}

/** The known people, and a field for anybody else; posted to `action` with what is `hidden`. */
export function peopleForms(action: string, hidden: Readonly<Record<string, string>> = {}): string {
  const form = `method="post" action="${escape(action)}"`;
  const inputs = Object.entries(hidden).map(([key, value]) => `<input type="hidden" name="${escape(key)}" value="${escape(value)}">`).join('');
  const buttons = KNOWN_PEOPLE.map(
    (person) => `<button class="person" name="person" value="${escape(person.personId)}" data-testid="person-${escape(person.personId)}">
      <span class="face" aria-hidden="true">${escape(person.name.charAt(0))}</span>
      <span><strong>${escape(person.name)}</strong><small>${escape(person.email)}</small></span></button>`,
  );
  return `
    <form ${form}>${inputs}${buttons.join('')}</form>
    <form ${form} class="anybody">${inputs}
      <label for="name">Somebody else</label>
      <div class="row"><input id="name" name="name" required maxlength="${LONGEST_NAME}" autocomplete="off" placeholder="Any name" data-testid="person-name">
      <button data-testid="person-continue">Continue</button></div>
    </form>`;
}

/** What a person sees when a sign-in cannot go on. */
export function refusalPage({ status, errorCode, message }: { readonly status: number; readonly errorCode: string; readonly message: string }): Response {
  return page('Sign-in failed', status, `<h1>Sign-in failed</h1><p data-testid="error-title">${escape(message)}</p><p><code data-testid="error-code">${escape(errorCode)}</code></p>`);
}

/** Asks whether to sign out. `form` is HTML with the id `op.logoutForm`: what the server wants to be sent. */
export function signOutPage(form: string): Response {
  return page('Sign out', 200, `
    <h1>Sign out here too?</h1>
    <p>A site asks to sign you out of this make-believe provider, which still knows who you are.</p>${form}
    <div class="row"><button form="op.logoutForm" name="logout" value="yes" data-testid="sign-out-confirm">Sign out</button>
    <button form="op.logoutForm" data-testid="sign-out-stay">Stay</button></div>`);
}

export function signedOutPage(): Response {
  return page('Signed out', 200, '<h1>Signed out</h1><p>You can close this page.</p>');
}

// No form-action in the policy: Chromium applies it to the redirects after the form too, and they end at the application.
export function page(title: string, status: number, body: string): Response {
  const nonce = randomName();
  const headers = {
    ...PAGE_HEADERS,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; frame-ancestors 'none'`,
  };
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title><style nonce="${nonce}">${STYLE}</style></head><body><main>${body}</main></body></html>`;
  return new Response(html, { status, headers });
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --line: #d9dce3; --soft: #f4f5f8; --paper: #fff; --ink: #1c1f26; --quiet: #5d6472; --accent: #2f5bea; }
  @media (prefers-color-scheme: dark) { :root { --line: #353a45; --soft: #14161b; --paper: #1e2128; --ink: #eef0f4; --quiet: #a3abba; --accent: #8aa5ff; } }
  * { box-sizing: border-box; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--soft); color: var(--ink); }
  main { width: 100%; max-width: 25rem; padding: 2rem; background: var(--paper); border: 1px solid var(--line); border-radius: 1rem; }
  h1 { margin: .25rem 0 0; font-size: 1.5rem; line-height: 1.25; }
  p { margin: .25rem 0 1.25rem; color: var(--quiet); }
  .note { margin: 0; font-size: .8rem; }
  button, input { font: inherit; color: inherit; border: 1px solid var(--line); border-radius: .6rem; background: transparent; padding: .6rem .8rem; min-height: 2.75rem; }
  button { cursor: pointer; }
  button:hover { background: var(--soft); }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  .person { display: flex; gap: .8rem; align-items: center; width: 100%; margin-bottom: .6rem; text-align: left; }
  .person small { display: block; color: var(--quiet); }
  .face { flex: none; display: grid; place-items: center; width: 2.25rem; height: 2.25rem; border-radius: 50%; background: var(--accent); color: var(--paper); font-weight: 600; }
  .anybody { margin-top: 1.25rem; }
  .anybody label { display: block; margin-bottom: .3rem; font-size: .9rem; color: var(--quiet); }
  .fields { margin-top: 1rem; }
  [role=alert] { color: var(--ink); font-weight: 600; }
  .fields label { display: block; margin-bottom: .8rem; font-size: .9rem; color: var(--quiet); }
  .fields input, .fields button { display: block; width: 100%; margin-top: .3rem; }
  .row { display: flex; gap: .6rem; }
  .row input { flex: 1; min-width: 0; }
  .cancel { margin: 1.5rem 0 0; text-align: center; }
  a { color: var(--accent); }
  code { color: var(--quiet); }
`;
