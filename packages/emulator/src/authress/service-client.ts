import { exportJWK, exportPKCS8, generateKeyPair } from 'jose';
import { randomName } from '../random.ts';
import type { ServiceClient } from './settings.ts';

/**
 * A service client's key pair: the access key for its verifier, the public half for the emulator. The access key has the vendor's
 * form, `clientId.keyId.accountId.base64(PKCS#8 DER)`, so their SDK takes it.
 */
export async function createServiceClient(accountId: string, clientId: string): Promise<{ accessKey: string; publicJwk: ServiceClient['publicJwk'] }> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const kid = randomName(8);
  const der = (await exportPKCS8(privateKey)).replace(/-----[^-]+-----|\s/g, '');
  return { accessKey: [clientId, kid, accountId, der].join('.'), publicJwk: { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' } };
}
