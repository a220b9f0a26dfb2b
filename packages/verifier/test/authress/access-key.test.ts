import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { AccessKey } from '../../src/authress/access-key.ts';
import { ACCESS_KEY, AT_HOME, FakeWorld, LOGIN_URL, visit } from '../fixtures.ts';

const SECRET = ACCESS_KEY.split('.')[3] ?? '';
const [head] = ACCESS_KEY.split(`.${SECRET}`);

/** Everything an error or object may tell a log. */
function everythingIn(value: unknown): string {
  const parts = [String(value), inspect(value, { depth: 9, showHidden: true }), JSON.stringify(value) ?? ''];
  if (value instanceof Error) parts.push(value.message, value.stack ?? '', value.cause === undefined ? '' : everythingIn(value.cause));
  return parts.join('\n');
}

function expectNoSecret(value: unknown): void {
  const text = everythingIn(value);
  for (let i = 0; i + 8 <= SECRET.length; i += 1) {
    // What stands in front of every Ed25519 key is no secret.
    if (i >= 22) expect(text).not.toContain(SECRET.slice(i, i + 8));
  }
}

function failureOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('an access key', () => {
  it('gives its three public parts', () => {
    expect(new AccessKey(ACCESS_KEY)).toMatchObject({ clientId: 'sc_aAKceYi7VJDCU8vB7HcTo3Q', keyId: 'pogP', accountId: 'ignore-account-id' });
  });

  it('gives a key that signs and that nobody can take out', async () => {
    const key = await new AccessKey(ACCESS_KEY).signingKey();
    expect({ extractable: key.extractable, usages: key.usages, type: key.type }).toEqual({ extractable: false, usages: ['sign'], type: 'private' });
    await expect(crypto.subtle.exportKey('pkcs8', key)).rejects.toThrow();
  });

  it('shows nothing secret when it is printed', () => expectNoSecret(new AccessKey(ACCESS_KEY)));

  const broken: readonly (readonly [string, string])[] = [
    ['nothing', ''], ['three parts', head ?? ''], ['five parts', `${ACCESS_KEY}.x`], ['a cut key', ACCESS_KEY.slice(0, -1)], ['a longer key', `${ACCESS_KEY}AAAA`],
    ['a space', `${head} .${SECRET}`], ['a line break', `${ACCESS_KEY}\n`], ['a key of another kind', `${head}.${SECRET.replace('MC4CAQAwBQYDK2Vw', 'MC4CAQAwBQYDK2Vu')}`],
    ['a path in its client id', `sc_a/../b.pogP.acc.${SECRET}`], ['an empty client id', `.pogP.acc.${SECRET}`], ['only the secret', SECRET], ['base64url', `${head}.${SECRET.slice(0, -1)}-`],
  ];
  it.each(broken)('with %s throws, says what to do, and tells nothing secret', (_, text) => {
    const error = failureOf(() => new FakeWorld().verifier({ authress: { loginUrl: LOGIN_URL, accessKey: text, connections: [] } }));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain('copy it whole from the service client');
    expectNoSecret(error);
  });

  it('is in no answer and in no error of the handler', async () => {
    const verifier = new FakeWorld().verifier({ allow: () => { throw new Error('the rule broke'); } });
    const error = await verifier.handler(visit('?state=s'), AT_HOME).catch((reason: unknown) => reason);
    expect(String(error)).toContain('the rule broke');
    expectNoSecret(error);
    expectNoSecret(verifier);
    const answer = await new FakeWorld().verifier().handler(visit('?state=s'), AT_HOME);
    expectNoSecret(Object.fromEntries(answer.headers));
  });
});
