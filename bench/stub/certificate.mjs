/** A certificate for a few names, good for this run: the browser is told not to ask who signed it. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';

const DAY_MS = 86_400_000;
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const SUBJECT_ALT_NAME = '2.5.29.17';

/** Key and certificate in PEM (X.509, RFC 5280 §4.1), put together by hand so that nothing has to be installed for them; `pin` is how the browser knows the key. */
export function makeCertificate(names, now = Date.now()) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const algorithm = sequence(objectId(ECDSA_WITH_SHA256));
  const name = sequence(set(sequence(objectId(COMMON_NAME), utf8(names[0]))));
  const alternatives = sequence(objectId(SUBJECT_ALT_NAME), element(0x04, sequence(...names.map((dnsName) => element(0x82, Buffer.from(dnsName))))));
  const body = sequence(
    element(0xa0, integer(2)), integer(1), algorithm, name, sequence(utcTime(now - DAY_MS), utcTime(now + 30 * DAY_MS)), name,
    spki, element(0xa3, sequence(alternatives)),
  );
  const signature = sign('sha256', body, privateKey);
  const der = sequence(body, algorithm, element(0x03, Buffer.of(0), signature));
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }), cert: `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`, pin: createHash('sha256').update(spki).digest('base64') };
}

function element(tag, ...parts) {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag), lengthOf(content), content]);
}

/** DER writes a length of 128 and more with the number of its own bytes before it. */
function lengthOf({ length }) {
  if (length < 0x80) return Buffer.of(length);
  return length < 0x100 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 0xff);
}

function objectId(dotted) {
  const [first, second, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(inSevenBits)]));
}

function inSevenBits(number) {
  const digits = [number & 0x7f];
  for (let left = number >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

const sequence = (...parts) => element(0x30, ...parts);
const set = (...parts) => element(0x31, ...parts);
const integer = (value) => element(0x02, Buffer.of(value));
const utf8 = (text) => element(0x0c, Buffer.from(text));
const utcTime = (ms) => element(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14)}Z`));
