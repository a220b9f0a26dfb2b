/** One request of the size of a guest's, answered with as many bytes, and nothing around it: what a guest by fetch is measured against. */
export const label = 'a bare fetch of the same size';

const REQUEST = { method: 'POST', credentials: 'omit', cache: 'no-store', redirect: 'manual', referrerPolicy: 'no-referrer' };

export const create = ({ verifier, form }) => ({ verifier, form });
export const guest = ({ verifier, form }) => post(`${verifier}/bare`, new URLSearchParams(form));

export async function post(url, body) {
  const answer = await fetch(url, { ...REQUEST, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return text;
}
