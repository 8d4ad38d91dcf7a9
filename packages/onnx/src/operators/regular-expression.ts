import { RE2JS } from 're2js';
import { make, textsOf } from '../tensor/tensor.ts';
import { checked, required, string } from './attributes.ts';
import { op, type Versions } from './definition.ts';

const compiles = (pattern: string | undefined): boolean => {
  try {
    if (pattern !== undefined) RE2JS.compile(pattern);
    return true;
  } catch {
    return false;
  }
};

/** The patterns are those of RE2, whose engine takes time in proportion to the text whatever the pattern. */
export const RegexFullMatch: Versions = {
  20: op(
    'string -> bool',
    { pattern: required(checked(string(), compiles, 'a pattern of RE2')) },
    ([x], { pattern }) => {
      const compiled = RE2JS.compile(pattern);
      return make(
        'bool',
        x.dims,
        Uint8Array.from(textsOf(x), (text) => Number(compiled.matches(text))),
      );
    },
  ),
};
