import { make, textsOf } from '../tensor/tensor.ts';
import { flag, int } from './attributes.ts';
import { op, type Versions } from './definition.ts';
import { murmurHash3 } from './murmur-hash.ts';

/** Of com.microsoft: the hash of each text, signed, or the same 32 bits as a positive number. */
export const MurmurHash3: Versions = {
  1: op(
    'string -> H',
    { positive: flag(true), seed: int(0) },
    ([x], { positive, seed }) => {
      const hashes = textsOf(x).map((text) => murmurHash3(text, seed));
      return positive
        ? make('uint32', x.dims, Uint32Array.from(hashes))
        : make('int32', x.dims, Int32Array.from(hashes));
    },
    { types: ({ positive }) => ({ H: positive ? 'uint32' : 'int32' }) },
  ),
};
