import { COS, SIN, TANH } from '../polynomials.ts';
import { vectorType } from './program.ts';

// WGSL leaves open what its functions give for NaN, infinities and what is out of their domain, and promises few digits of some:
// log(-1) is 0 and exp(NaN) infinite on one adapter, sin is right to 2^-11. So those numbers are told, and NaN is made, by their
// bits, which no compiler makes assumptions about, and what is not exact enough is computed here.

type Width = 1 | 4;

/** The types that a function of `width` elements speaks of. */
const typesOf = (width: Width) => ({
  type: vectorType('float32', width),
  ints: vectorType('int32', width),
  words: vectorType('bool', width),
});

/** Lines that say whether `x` is a NaN, and give one for where there is no number. */
const nan = (words: string, type: string): string => `  let bits = bitcast<${words}>(x);
  let size = bits & ${words}(0x7fffffffu);
  let isNone = size > ${words}(0x7f800000u);
  let none = bitcast<${type}>(bits | ${words}(0x7fc00000u));`;

/** By Horner's scheme. */
const polynomial = (type: string, z: string, coefficients: readonly number[]): string =>
  coefficients
    .map((coefficient) => `${type}(${coefficient.toExponential()})`)
    .reduceRight((sum, coefficient) => `(${sum} * ${z} + ${coefficient})`);

const exponential = (width: Width): string => {
  const { type, words } = typesOf(width);
  return `fn exponential${width}(x: ${type}) -> ${type} {
${nan(words, type)}
  return select(exp(x), none, isNone);
}
`;
};

/** Subnormal numbers, which adapters may take for 0, are counted in units of the smallest: 2^-149. */
const logarithm = (width: Width): string => {
  const { type, words } = typesOf(width);
  return `fn logarithm${width}(x: ${type}) -> ${type} {
${nan(words, type)}
  let isSmall = size < ${words}(0x00800000u);
  let found = log(select(x, ${type}(size), isSmall)) - select(${type}(0.0), ${type}(103.27893), isSmall);
  let finite = select(found, bitcast<${type}>(bits | ${words}(0xff800000u)), size == ${words}(0u));
  let positive = select(finite, x, bits == ${words}(0x7f800000u));
  return select(positive, none, isNone | (bits > ${words}(0x80000000u)));
}
`;
};

const signum = (width: Width): string => {
  const { type, words } = typesOf(width);
  return `fn signum${width}(x: ${type}) -> ${type} {
${nan(words, type)}
  return select(sign(x), none, isNone);
}
`;
};

/** A polynomial near zero, 1 - 2 / (e^2x + 1) elsewhere: 1 in float32 from 9.02 on, and some drivers overflow later. */
const hyperbolicTangent = (width: Width): string => {
  const { type, words } = typesOf(width);
  return `fn hyperbolicTangent${width}(x: ${type}) -> ${type} {
${nan(words, type)}
  let reach = min(abs(x), ${type}(15.0));
  let z = reach * reach;
  let near = x + x * z * ${polynomial(type, 'z', TANH)};
  let far = ${type}(1.0) - ${type}(2.0) / (exp(reach + reach) + ${type}(1.0));
  let found = select(select(far, -far, x < ${type}(0.0)), near, reach < ${type}(0.625));
  return select(found, none, isNone);
}
`;
};

/**
 * sin and cos, reduced to |r| <= pi/4 by pi/2 in three parts (Cody and Waite 1980), whose products with whole numbers up to 2^13 are
 * exact but for the last: right to 3e-7 up to 10,000; beyond, digits are lost, and in the end all of them.
 */
const wave =
  (name: 'sine' | 'cosine') =>
  (width: Width): string => {
    const { type, ints, words } = typesOf(width);
    const quadrant = `${ints}(clamp(n, ${type}(-2147483648.0), ${type}(2147483520.0)))`;
    return `fn ${name}${width}(x: ${type}) -> ${type} {
${nan(words, type)}
  let n = round(x * ${type}(0.63661977));
  let rest = ((x - n * ${type}(1.5703125)) - n * ${type}(4.837512969970703e-4)) - n * ${type}(7.549789954891882e-8);
  let r = clamp(rest, ${type}(-0.79), ${type}(0.79));
  let z = r * r;
  let sinus = r + r * z * ${polynomial(type, 'z', SIN)};
  let cosinus = ${type}(1.0) - ${type}(0.5) * z + z * z * ${polynomial(type, 'z', COS)};
  let quadrant = ${name === 'sine' ? quadrant : `${quadrant} + ${ints}(1)`};
  let turned = select(sinus, cosinus, (quadrant & ${ints}(1)) != ${ints}(0));
  let found = select(turned, -turned, (quadrant & ${ints}(2)) != ${ints}(0));
  return select(found, none, size >= ${words}(0x7f800000u));
}
`;
  };

/** base ^ exponent as IEEE 754 has it: WGSL's pow is not defined for bases that are not positive. */
const power = (width: Width): string => {
  const { type, words } = typesOf(width);
  return `fn power${width}(x: ${type}, exponent: ${type}) -> ${type} {
${nan(words, type)}
  let exponentSize = bitcast<${words}>(exponent) & ${words}(0x7fffffffu);
  let isNegative = bits >= ${words}(0x80000000u);
  let isOdd = abs(exponent % ${type}(2.0)) == ${type}(1.0);
  let isWhole = (trunc(exponent) == exponent) | (exponentSize == ${words}(0x7f800000u));
  let infinity = bitcast<${type}>((bits & ${words}(0u)) | ${words}(0x7f800000u));
  let isUp = exponent > ${type}(0.0);
  let ofZero = select(infinity, ${type}(0.0), isUp);
  let ofInfinity = select(${type}(0.0), infinity, isUp);
  let finite = select(pow(abs(x), exponent), abs(x), exponent == ${type}(1.0));
  let ofOne = select(finite, ${type}(1.0), abs(x) == ${type}(1.0));
  let reach = select(select(ofOne, ofZero, size == ${words}(0u)), ofInfinity, size == ${words}(0x7f800000u));
  let signed = select(reach, -reach, isNegative & isOdd);
  let isUndefined = isNegative & !isWhole & (size != ${words}(0u)) & (size < ${words}(0x7f800000u));
  let isNoPower = (exponentSize > ${words}(0x7f800000u)) & (x != ${type}(1.0));
  let found = select(signed, none, isNone | isUndefined | isNoPower);
  return select(found, ${type}(1.0), exponent == ${type}(0.0));
}
`;
};

/** Towards zero, saturating, NaN to 0: a conversion of what does not fit may give anything. */
const wholeNumber = (width: Width): string => {
  const { type, ints, words } = typesOf(width);
  return `fn wholeNumber${width}(x: ${type}) -> ${ints} {
${nan(words, type)}
  let inside = ${ints}(clamp(x, ${type}(-2147483648.0), ${type}(2147483520.0)));
  let whole = select(inside, ${ints}(2147483647), x >= ${type}(2147483648.0));
  return select(whole, ${ints}(0), isNone);
}
`;
};

/** The larger or smaller of two, and NaN if one is: WGSL's max and min may give either then. */
const extreme =
  (name: 'max' | 'min') =>
  (width: Width): string => {
    const { type, words } = typesOf(width);
    return `fn ${name}Number${width}(x: ${type}, y: ${type}) -> ${type} {
${nan(words, type)}
  let isNoY = (bitcast<${words}>(y) & ${words}(0x7fffffffu)) > ${words}(0x7f800000u);
  return select(select(${name}(x, y), y, isNoY), none, isNone);
}
`;
  };

const FUNCTIONS: Readonly<Record<string, (width: Width) => string>> = {
  exponential,
  logarithm,
  signum,
  hyperbolicTangent,
  sine: wave('sine'),
  cosine: wave('cosine'),
  power,
  wholeNumber,
  maxNumber: extreme('max'),
  minNumber: extreme('min'),
};

/** Those of the above that a source calls. */
export const mathPrelude = (source: string): string =>
  Object.entries(FUNCTIONS)
    .flatMap(([name, write]) =>
      ([1, 4] as const).filter((width) => source.includes(`${name}${width}(`)).map(write),
    )
    .join('');
