import { escape, page, refusalPage } from './pages.ts';
import type { Site } from './serve.ts';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Where the mail of a demo ends up: everybody's, on one page, the latest first. */
export interface Mailbox extends Site {
  readonly mails: readonly Mail[];
  send(mail: Mail): void;
}

const MOST_MAILS = 100;

/** A mailbox that is looked into at `origin`, such as `http://mail.localhost:4603`. */
export function createMailbox(origin: string): Mailbox {
  const mails: Mail[] = [];
  return {
    origin,
    mails,
    send(mail) {
      mails.unshift(mail);
      mails.splice(MOST_MAILS);
    },
    handle: async ({ url }) => (new URL(url).pathname === '/' ? mailPage(mails) : refusalPage({ status: 404, errorCode: 'not_found', message: 'There is nothing at this address' })),
  };
}

function mailPage(mails: readonly Mail[]): Response {
  const list = mails.map(({ to, subject, text }) => `
    <article data-testid="mail"><p class="note" data-testid="mail-to">${escape(to)}</p><h2>${escape(subject)}</h2><p data-testid="mail-text">${escape(text)}</p></article>`);
  return page('Mail', 200, `<p class="note">Make-believe mail, for development</p><h1>Mail</h1>${list.join('') || '<p>Nothing yet. Reload this page to look again.</p>'}`);
}
