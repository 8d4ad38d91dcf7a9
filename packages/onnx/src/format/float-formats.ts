/** A float of few bits: sign, exponent and fraction, and what its largest codes mean. */
export interface FloatFormat {
  readonly fraction: number;
  readonly bias: number;
  readonly largest: number;
  /** What is too large becomes infinite, NaN, or the largest number. */
  readonly beyond: 'infinity' | 'nan' | 'largest';
  readonly hasNegativeZero: boolean;
  readonly nanCode: number;
  readonly infinityCode?: number;
  readonly bits: number;
}

/** IEEE 754 (float16), bfloat16, and ONNX's float8, float4 and scale formats ("Float stored in 8 bits", "4 bit types"). */
export const FORMATS: Readonly<Record<string, FloatFormat>> = {
  float16: {
    ...{ bits: 16, fraction: 10, bias: 15, largest: 65504, beyond: 'infinity', hasNegativeZero: true },
    ...{ nanCode: 0x7e00, infinityCode: 0x7c00 },
  },
  bfloat16: {
    ...{ bits: 16, fraction: 7, bias: 127, largest: 3.3895313892515355e38, beyond: 'infinity' },
    ...{ hasNegativeZero: true, nanCode: 0x7fc0, infinityCode: 0x7f80 },
  },
  float8e4m3fn: {
    ...{ bits: 8, fraction: 3, bias: 7, largest: 448, beyond: 'nan', hasNegativeZero: true, nanCode: 0x7f },
  },
  float8e4m3fnuz: {
    ...{ bits: 8, fraction: 3, bias: 8, largest: 240, beyond: 'nan', hasNegativeZero: false, nanCode: 0x80 },
  },
  float8e5m2: {
    ...{ bits: 8, fraction: 2, bias: 15, largest: 57344, beyond: 'infinity', hasNegativeZero: true },
    ...{ nanCode: 0x7e, infinityCode: 0x7c },
  },
  float8e5m2fnuz: {
    ...{
      bits: 8,
      fraction: 2,
      bias: 16,
      largest: 57344,
      beyond: 'nan',
      hasNegativeZero: false,
      nanCode: 0x80,
    },
  },
  float4e2m1: {
    ...{ bits: 4, fraction: 1, bias: 1, largest: 6, beyond: 'largest', hasNegativeZero: true, nanCode: 0 },
  },
};

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

/** The power of two at or below a finite number other than 0. */
function exponentOf(value: number): number {
  float[0] = value;
  const exponent = ((words[1] ?? 0) >>> 20) & 0x7ff;
  return exponent === 0 ? -1023 : exponent - 1023;
}

/** Adding it leaves a whole number, rounded to even. */
const WHOLE = 6755399441055744;

/** The nearest number that the format holds, ties to even. */
export function roundTo(format: FloatFormat, value: number, saturate = false): number {
  if (Number.isNaN(value)) return format.beyond === 'largest' ? format.largest : value;
  if (value === 0) return format.hasNegativeZero ? value : 0;
  if (!Number.isFinite(value)) return beyond(format, value, saturate);
  const unit = 2 ** (Math.max(exponentOf(value), 1 - format.bias) - format.fraction);
  const rounded = (value / unit + WHOLE - WHOLE) * unit;
  if (Math.abs(rounded) > format.largest) return beyond(format, value, saturate);
  if (rounded === 0) return value < 0 && format.hasNegativeZero ? -0 : 0;
  return rounded;
}

function beyond({ beyond: kind, largest }: FloatFormat, value: number, saturate: boolean): number {
  if (saturate || kind === 'largest') return Math.sign(value) * largest;
  return kind === 'nan' ? Number.NaN : Math.sign(value) * Number.POSITIVE_INFINITY;
}

/** The code of a number that the format holds. */
export function encodeFloat(format: FloatFormat, value: number): number {
  if (Number.isNaN(value)) return format.nanCode;
  const sign = value < 0 || Object.is(value, -0) ? 1 << (format.bits - 1) : 0;
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return sign | (format.infinityCode ?? format.nanCode);
  if (size === 0) return sign;
  const exponent = Math.max(exponentOf(size), 1 - format.bias);
  const digits = size / 2 ** (exponent - format.fraction);
  const whole = 2 ** format.fraction;
  return sign | (digits < whole ? digits : (exponent + format.bias) * whole + (digits - whole));
}

export function decodeFloat(format: FloatFormat, code: number): number {
  if (!format.hasNegativeZero && code === format.nanCode) return Number.NaN;
  const top = 1 << (format.bits - 1);
  const sign = code & top ? -1 : 1;
  const rest = code & (top - 1);
  if (format.infinityCode !== undefined && rest >= format.infinityCode)
    return rest === format.infinityCode ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (format.nanCode !== 0 && format.hasNegativeZero && rest === format.nanCode) return Number.NaN;
  const whole = 2 ** format.fraction;
  const exponent = Math.floor(rest / whole);
  const digits = rest % whole;
  if (exponent === 0) return sign * digits * 2 ** (1 - format.bias - format.fraction);
  return sign * (whole + digits) * 2 ** (exponent - format.bias - format.fraction);
}

/** A scale of eight bits is a power of two without a sign. */
export const decodeScale = (code: number): number => (code === 255 ? Number.NaN : 2 ** (code - 127));
export const encodeScale = (value: number): number =>
  Number.isNaN(value) ? 255 : Math.min(254, Math.max(0, exponentOf(value) + 127));
