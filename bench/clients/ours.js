/** What both of ours have: the same few calls, whichever provider they speak to. No provider is imported here, or the other's page would have files of it. */
export const ready = (login) => login.completeLogin();
export const getToken = (login) => login.getToken();
export const subscribe = (login, listener) => login.subscribe(listener);

export async function guest(login) {
  const { kind } = await login.authenticate();
  if (kind !== 'guest') throw new Error(`Not a guest: ${kind}`);
  return login.getToken();
}
