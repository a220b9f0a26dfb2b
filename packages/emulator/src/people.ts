/** Somebody with an account at a fake provider. */
export interface Person {
  /** The provider's own name for the person. */
  readonly personId: string;
  readonly name: string;
  readonly email: string;
}

export const KNOWN_PEOPLE: readonly Person[] = [
  { personId: 'ada', name: 'Ada Lovelace', email: 'ada@example.com' },
  { personId: 'grace', name: 'Grace Hopper', email: 'grace@example.com' },
];

export const LONGEST_NAME = 80;

/** Whoever was chosen on a sign-in page; undefined where nobody was. The same name is the same person, however it is written. */
export function chosenPerson(form: URLSearchParams): Person | undefined {
  const known = KNOWN_PEOPLE.find(({ personId }) => personId === form.get('person'));
  const name = (form.get('name') ?? '').normalize('NFC').trim().replace(/\s+/g, ' ');
  if (known || name === '' || name.length > LONGEST_NAME) return known;
  const key = name.toLowerCase();
  const mailbox = key.replace(/[^a-z0-9]+/g, '.').replace(/^\.|\.$/g, '') || 'person';
  return { personId: `name:${key}`, name, email: `${mailbox}@people.example` };
}
