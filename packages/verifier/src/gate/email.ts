/** True for one e-mail address and nothing else, of a text without control characters: it goes to somebody's mailer. */
export function isEmail(line: string): boolean {
  return /^[^\s@<>()[\]\\,;:"]{1,64}@[^\s@<>()[\]\\,;:"]+\.[^\s@<>()[\]\\,;:".]+$/u.test(line);
}
