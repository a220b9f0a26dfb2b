import { expect, it } from 'vitest';
import { bring } from '../../src/ports/bring.ts';

const FILE = 'data:text/javascript,export%20const%20name="a%20file"';
const fails = (message: string): Promise<never> => Promise.reject(new TypeError(message));

it('a file that Firefox never asks for again is had under another name', async () => {
  expect(await bring(() => fails(`error loading dynamically imported module: ${FILE}`))).toMatchObject({ name: 'a file' });
});

it.each(['Failed to fetch dynamically imported module: https://www.example.com/acts.js', 'Importing a module script failed.', 'x is not a function'])('a file that does not come for another reason is not had: %s', async (message) => {
  await expect(bring(() => fails(message))).rejects.toThrow(message);
});
