/** The value of a request's cookie; null where there is none, or where there are two of one name, of which somebody may have planted one. */
export function readCookie(headers: Headers, name: string): string | null {
  const pairs = (headers.get('cookie') ?? '').split(/; */);
  const values = pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
  return values.length === 1 ? (values[0] ?? null) : null;
}

/** Which of the two cookies a page means, where both are there; it is no secret. */
export const SUBJECT_HEADER = 'passerby-subject';
