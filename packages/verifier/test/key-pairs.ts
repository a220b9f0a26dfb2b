import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';

/** New key pairs, read back from their bytes: where a key is exported as a JWK while the job that made it is swept up, Node 20 waits for itself for ever. */
export const makePair = {
  ed25519: () => readBack(generateKeyPairSync('ed25519')),
  ed448: () => readBack(generateKeyPairSync('ed448')),
  x25519: () => readBack(generateKeyPairSync('x25519')),
  ec: (namedCurve: string) => readBack(generateKeyPairSync('ec', { namedCurve })),
  rsa: (modulusLength: number, publicExponent = 65_537) => readBack(generateKeyPairSync('rsa', { modulusLength, publicExponent })),
};

function readBack({ publicKey, privateKey }: KeyPairKeyObjectResult): KeyPairKeyObjectResult {
  return {
    publicKey: createPublicKey({ key: publicKey.export({ type: 'spki', format: 'der' }), type: 'spki', format: 'der' }),
    privateKey: createPrivateKey({ key: privateKey.export({ type: 'pkcs8', format: 'der' }), type: 'pkcs8', format: 'der' }),
  };
}
