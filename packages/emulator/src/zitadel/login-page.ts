import { escape, page, peopleForms } from '../pages.ts';

interface LoginPage {
  /** Where it is posted. */
  readonly address: string;
  readonly kind: 'sign-in' | 'create';
  /** What is filled in already. */
  readonly loginName: string;
  /** What was wrong with the last try. */
  readonly problem?: string;
}

/** ZITADEL's own sign-in page, in our words: a login name and a password, or one of the fake people. */
export function loginPage({ address, kind, loginName, problem }: LoginPage): Response {
  const title = kind === 'create' ? 'Create an account' : 'Sign in with ZITADEL';
  const told = problem === undefined ? '' : `<p role="alert" data-testid="login-problem">${escape(problem)}</p>`;
  const names = kind === 'create' ? `${field({ name: 'givenName', label: 'Given name', testId: 'login-given-name' })}${field({ name: 'familyName', label: 'Family name', testId: 'login-family-name' })}` : '';
  return page(title, 200, `
    <p class="note">Make-believe ZITADEL, for development</p>
    <h1>${title}</h1>
    <form method="post" action="${escape(address)}" class="fields">${told}
      ${field({ name: 'loginName', label: kind === 'create' ? 'E-mail' : 'Login name', testId: 'login-name', value: loginName })}${names}
      ${field({ name: 'password', label: 'Password', testId: 'login-password', type: 'password' })}
      <button data-testid="login-submit">${kind === 'create' ? 'Create' : 'Sign in'}</button>
    </form>
    <p class="anybody">Or somebody who needs no password:</p>
    ${peopleForms(address)}
    <p class="cancel"><a href="${escape(address)}/cancel" data-testid="login-cancel">Cancel and go back</a></p>`);
}

interface Field {
  readonly name: string;
  readonly label: string;
  readonly testId: string;
  readonly value?: string;
  readonly type?: 'text' | 'password';
}

function field({ name, label, testId, value = '', type = 'text' }: Field): string {
  return `<label>${label}<input name="${name}" type="${type}" value="${escape(value)}" required autocomplete="off" data-testid="${testId}"></label>`;
}
