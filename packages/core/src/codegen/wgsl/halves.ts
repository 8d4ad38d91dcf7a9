import { vectorType } from './program.ts';

// WGSL's own pack2x16float and quantizeToF16 may round either way, and may give anything for NaN, infinity and what is too large:
// a NaN spoils the half that it shares a word with on some adapters. So all of it is done on the bits, the same everywhere.

/**
 * The nearest number that float16 has, the even one of two: a whole number of the steps between halves of its size, or of the
 * smallest. From 65,520 on there is only infinity.
 */
const roundHalf = (width: 1 | 4): string => {
  const [type, words] = [vectorType('float32', width), vectorType('bool', width)];
  return `fn roundHalf${width}(x: ${type}) -> ${type} {
  let bits = bitcast<${words}>(x);
  let step = max(bits & ${words}(0x7f800000u), ${words}(0x38800000u)) - ${words}(0x05000000u);
  let perOne = ${words}(0x7f000000u) - step;
  let rounded = round(x * bitcast<${type}>(perOne)) * bitcast<${type}>(step);
  let infinite = bitcast<${type}>((bits & ${words}(0x80000000u)) | ${words}(0x7f800000u));
  return select(rounded, infinite, abs(rounded) >= ${type}(65536.0));
}
`;
};

/** The 16 bits of numbers that float16 has. Below its smallest normal number they count the smallest there is. */
const halfBits = (width: 1 | 4): string => {
  const [type, words] = [vectorType('float32', width), vectorType('bool', width)];
  return `fn halfBits${width}(x: ${type}) -> ${words} {
  let bits = bitcast<${words}>(x);
  let size = bits & ${words}(0x7fffffffu);
  let normal = (size - ${words}(0x38000000u)) >> ${words}(13u);
  let small = ${words}(abs(x) * ${type}(16777216.0));
  let special = select(${words}(0x7c00u), ${words}(0x7e00u), size > ${words}(0x7f800000u));
  let finite = select(small, normal, size >= ${words}(0x38800000u));
  return select(finite, special, size >= ${words}(0x47800000u)) | ((bits >> ${words}(16u)) & ${words}(0x8000u));
}
`;
};

const halfValue = (width: 1 | 4): string => {
  const [type, words] = [vectorType('float32', width), vectorType('bool', width)];
  return `fn halfValue${width}(half: ${words}) -> ${type} {
  let size = half & ${words}(0x7fffu);
  let normal = (size << ${words}(13u)) + select(${words}(0x38000000u), ${words}(0x70000000u), size >= ${words}(0x7c00u));
  let small = bitcast<${words}>(${type}(size) * ${type}(1.0 / 16777216.0));
  let bits = select(small, normal, size >= ${words}(0x400u));
  return bitcast<${type}>(bits | ((half & ${words}(0x8000u)) << ${words}(16u)));
}
`;
};

/** Four neighbours, in two words. */
const UNPACK_FOUR = `fn unpackHalves(words: vec2<u32>) -> vec4<f32> {
  return halfValue4(vec4<u32>(words.x & 0xffffu, words.x >> 16u, words.y & 0xffffu, words.y >> 16u));
}
`;
const PACK_FOUR = `fn packHalves(values: vec4<f32>) -> vec2<u32> {
  let bits = halfBits4(values);
  return vec2<u32>(bits.x | (bits.y << 16u), bits.z | (bits.w << 16u));
}
`;
/** One half of a word. */
const UNPACK_ONE = `fn unpackHalf(word: u32, place: u32) -> f32 {
  return halfValue1((word >> (16u * (place % 2u))) & 0xffffu);
}
`;
const PACK_TWO = `fn packPair(first: f32, second: f32) -> u32 {
  return halfBits1(first) | (halfBits1(second) << 16u);
}
`;

/** What a source calls of the above. */
export function halvesPrelude(source: string): string {
  const calls = (name: string): boolean => source.includes(`${name}(`);
  return [
    ...([1, 4] as const).filter((width) => calls(`roundHalf${width}`)).map(roundHalf),
    ...(calls('unpackHalf') ? [UNPACK_ONE, halfValue(1)] : []),
    ...(calls('unpackHalves') ? [UNPACK_FOUR, halfValue(4)] : []),
    ...(calls('packPair') ? [PACK_TWO, halfBits(1)] : []),
    ...(calls('packHalves') ? [PACK_FOUR, halfBits(4)] : []),
  ].join('');
}
