import { expect, test } from 'vitest';

import { AkioError, fromModule, reason } from '../../../src/akio/errors.js';

const given: [string, unknown, string][] = [
  ['a trap', new WebAssembly.RuntimeError('unreachable'), 'trapped'],
  ['memory that is refused', new RangeError('could not allocate memory'), 'out_of_memory'],
  ['memory that Firefox refuses', 'out of memory', 'out_of_memory'],
  ['what the module says', Object.assign(new Error('no'), { code: 'bad_constraint', pointer: '/type' }), 'bad_constraint'],
  ['what cannot be linked', new WebAssembly.LinkError('no import'), 'bad_module'],
];
for (const [what, error, code] of given) {
  test(`${what} becomes ${code}, and keeps its cause`, () => {
    expect(fromModule(error)).toMatchObject({ name: 'AkioError', code, cause: error });
  });
}

test('the place in a schema stays with the error', () => {
  expect(fromModule(Object.assign(new Error('no'), { code: 'bad_constraint', pointer: '/type' })).pointer).toBe('/type');
});

test('an error of akio stays what it is', () => {
  const error = new AkioError('terminated', 'gone');
  expect(fromModule(error)).toBe(error);
});

test('anything that is thrown has a text', () => {
  expect([reason(new Error('a')), reason('b'), reason(undefined)]).toEqual(['a', 'b', 'undefined']);
});
