import type { RulePack } from '../pack.ts';

/** The language's own errors: the program is wrong. */
export const bugs: RulePack = {
  domain: 'javascript',
  title: 'Errors of the language',
  sources: ['https://tc39.es/ecma262/#sec-native-error-types-used-in-this-standard'],
  rules: [
    {
      when: { name: ['TypeError', 'ReferenceError', 'RangeError', 'EvalError', 'AssertionError', 'InternalError'] },
      is: 'bug',
    },
    { when: { name: 'SyntaxError' }, is: 'bug' },
    { when: { name: 'URIError' }, is: 'bug' },
    { when: { name: 'OptionError', code: 'ERR_BREAKWATER_OPTION' }, is: 'bug' },
    { when: { name: 'RangeError', message: 'Maximum call stack size exceeded' }, is: 'bug', code: 'STACK_OVERFLOW' },
    { when: { name: 'RangeError', message: 'Array buffer allocation failed' }, is: 'out-of-memory' },
    {
      when: { name: ['DataCloneError', 'InvalidStateError', 'NotSupportedError', 'InvalidCharacterError'] },
      is: 'bug',
    },
    { when: { name: 'QuotaExceededError' }, is: 'storage-full' },
  ],
};
