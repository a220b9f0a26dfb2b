import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frozenCopy, parseStrictJson } from '../../src/tokens/strict-json.ts';

describe('strict JSON', () => {
  it('reads every object that JSON.stringify writes, as JSON.parse does', () => {
    fc.assert(fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 5, noUnicodeString: false })), fc.nat(3), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(parseStrictJson(text)).toEqual(JSON.parse(text));
    }));
  });

  it('refuses every object that says a name twice', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (name, rest, value) => {
      const { [name]: _same, ...others } = rest;
      const body = JSON.stringify(others).slice(1, -1);
      const members = [`${JSON.stringify(name)}:${JSON.stringify(value)}`, ...(body === '' ? [] : [body]), `${JSON.stringify(name)} : 0`];
      expect(parseStrictJson(`{${members.join(',')}}`)).toBeNull();
    }));
  });

  it.each([0, 1, 63, 64, 65, 4_000])('refuses a name said twice, %i blanks before its colon', (blanks) => {
    expect(parseStrictJson(`{"sub":"a","sub"${' '.repeat(blanks)}:"b"}`)).toBeNull();
  });

  it.each(['', 'null', '1', '"{}"', '[]', '[{}]', '{', '{}{}', "{'a':1}", '{"a":1,}', '\ufeff{}', '{"a":NaN}', `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`])('refuses %s', (text) => expect(parseStrictJson(text)).toBeNull());

  it.each(['{"a":"a","b":"a"}', '{"a":["a","a"],"b":{"a":1}}', '{"a":":","b":"\\":\\""}', '{"a":[{"a":1},{"a":1}]}', '{"a":"{\\"a\\":1,\\"a\\":2}"}'])('is not fooled by values: %s', (text) => expect(parseStrictJson(text)).toEqual(JSON.parse(text)));

  it('copies what it read and nothing else', () => {
    fc.assert(fc.property(fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'then', 'constructor')), fc.jsonValue({ maxDepth: 4 })), (value) => {
      const text = JSON.stringify(value);
      const copy = frozenCopy(parseStrictJson(text) ?? {});
      expect(JSON.stringify(copy)).toBe(JSON.stringify(JSON.parse(text)));
      expect([Object.getPrototypeOf(copy), Object.isFrozen(copy)]).toEqual([null, true]);
    }));
  });
});
