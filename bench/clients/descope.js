/** The product has no guest without its server side, so a session is put where the SDK keeps one. Nor has it a call that gives a token that can be used now. */
import createSdk from '@descope/web-js-sdk';

export const label = 'descope';
export const create = ({ auth }) => createSdk({ projectId: 'P2x', baseUrl: `${auth}/descope`, persistTokens: true, autoRefresh: true });
export const ready = async (sdk) => sdk.getSessionToken();

export async function guest(sdk, { auth }) {
  const answer = await fetch(`${auth}/guest`, { method: 'POST', body: new URLSearchParams({ new: '1' }) });
  localStorage.setItem('DSR', (await answer.json()).refresh_token);
  return renewed(sdk);
}

export async function getToken(sdk) {
  const token = sdk.getSessionToken();
  return token && !sdk.isJwtExpired(token) ? token : renewed(sdk);
}

async function renewed(sdk) {
  const { ok, error } = await sdk.refresh();
  if (!ok) throw new Error(error?.errorDescription ?? 'The refresh failed');
  return sdk.getSessionToken();
}
