import { expect, it } from 'vitest';
import { createMailbox } from '../src/index.ts';

const look = async (mailbox: ReturnType<typeof createMailbox>, path = '/'): Promise<Response> => mailbox.handle(new Request(mailbox.origin + path));

it('a person who was sent a code finds it on one page, the latest mail first, and nothing that was written runs there', async () => {
  const mailbox = createMailbox('http://mail.localhost:4603');
  expect(await (await look(mailbox)).text()).toContain('Nothing yet');
  mailbox.send({ to: 'ada@people.example', subject: 'First', text: 'code 111111' });
  mailbox.send({ to: 'ben@people.example', subject: '<script>', text: '<img src=x onerror=alert(1)>' });
  const answer = await look(mailbox);
  const html = await answer.text();
  expect(html.indexOf('ben@')).toBeLessThan(html.indexOf('111111'));
  expect(html).not.toMatch(/<script|<img/);
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect((await look(mailbox, '/elsewhere')).status).toBe(404);
});

it('a mailbox of a demo that runs for weeks keeps a hundred mails', () => {
  const mailbox = createMailbox('http://mail.localhost:4603');
  for (let i = 0; i < 150; i++) mailbox.send({ to: 'ada@people.example', subject: String(i), text: '' });
  expect([mailbox.mails.length, mailbox.mails[0]?.subject]).toEqual([100, '149']);
});
