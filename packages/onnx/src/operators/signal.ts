import type { ElementType } from '../format/element-types.ts';
import { around, axisOf } from '../tensor/places.ts';
import { checkSize, doublesOf, fromNumbers, integersOf, type Tensor } from '../tensor/tensor.ts';
import { checked, elementType, flag, int } from './attributes.ts';
import { op, type Versions } from './definition.ts';

/**
 * The discrete Fourier transform of interleaved complex numbers: a transform of a composite length is one of its smallest prime
 * factor over transforms of the rest (J. W. Cooley and J. W. Tukey, 1965). `sign` is -1 forwards, 1 backwards.
 */
export function fourier(x: Float64Array, sign: -1 | 1): Float64Array {
  const n = x.length / 2;
  const prime = smallestFactor(n);
  const rest = n / prime;
  const parts: Float64Array[] = [];
  if (rest === 1) for (let p = 0; p < prime; p++) parts.push(x.subarray(2 * p, 2 * p + 2));
  else
    for (let p = 0; p < prime; p++) {
      const own = new Float64Array(2 * rest);
      for (let i = 0; i < rest; i++) {
        own[2 * i] = x[2 * (i * prime + p)] ?? 0;
        own[2 * i + 1] = x[2 * (i * prime + p) + 1] ?? 0;
      }
      parts.push(fourier(own, sign));
    }
  const out = new Float64Array(2 * n);
  for (let k = 0; k < n; k++) {
    let [real, imaginary] = [0, 0];
    for (let p = 0; p < prime; p++) {
      const angle = (sign * 2 * Math.PI * ((p * k) % n)) / n;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      const at = 2 * (k % rest);
      const [a, b] = [parts[p]?.[at] ?? 0, parts[p]?.[at + 1] ?? 0];
      real += a * cos - b * sin;
      imaginary += a * sin + b * cos;
    }
    out[2 * k] = real;
    out[2 * k + 1] = imaginary;
  }
  return out;
}

function smallestFactor(n: number): number {
  for (let factor = 2; factor * factor <= n; factor++) if (n % factor === 0) return factor;
  return Math.max(n, 1);
}

interface TransformOptions {
  readonly inverse: boolean;
  readonly onesided: boolean;
}

function transform(
  x: Tensor,
  length: number | undefined,
  axis: number,
  { inverse, onesided }: TransformOptions,
  fail: (reason: string) => Error,
): Tensor {
  const rank = x.dims.length;
  const parts = x.dims.at(-1);
  const at = axisOf(axis, rank, (reason) => fail(reason) as ReturnType<Parameters<typeof axisOf>[2]>);
  if (rank < 2 || at === rank - 1 || (parts !== 1 && parts !== 2))
    throw fail(`it takes […, 1 or 2], not [${x.dims}], and no last axis`);
  if (onesided && !inverse && parts === 2) throw fail('one side is only made of real numbers');
  const [before, own, inner] = around(x.dims.slice(0, -1), at);
  const isReal = onesided && inverse;
  const n = length ?? (isReal ? 2 * (own - 1) : own);
  if (!(n >= 1)) throw fail(`its length is ${n}`);
  const kept = onesided && !inverse ? Math.floor(n / 2) + 1 : n;
  const width = isReal ? 1 : 2;
  const dims = [...x.dims.slice(0, at), kept, ...x.dims.slice(at + 1, -1), width];
  const out = new Float64Array(checkSize(dims, 'float64'));
  const values = doublesOf(x);
  const line = new Float64Array(2 * n);
  for (let outer = 0; outer < before; outer++)
    for (let lane = 0; lane < inner; lane++) {
      line.fill(0);
      for (let i = 0; i < Math.min(n, own); i++) {
        const from = ((outer * own + i) * inner + lane) * parts;
        line[2 * i] = values[from] ?? 0;
        line[2 * i + 1] = parts === 2 ? (values[from + 1] ?? 0) : 0;
      }
      // The other side of a real signal's spectrum is the conjugate of this one.
      if (isReal)
        for (let i = Math.floor(n / 2) + 1; i < n; i++) {
          line[2 * i] = line[2 * (n - i)] ?? 0;
          line[2 * i + 1] = -(line[2 * (n - i) + 1] ?? 0);
        }
      const found = fourier(line, inverse ? 1 : -1);
      const scale = inverse ? 1 / n : 1;
      for (let i = 0; i < kept; i++) {
        const to = ((outer * kept + i) * inner + lane) * width;
        out[to] = (found[2 * i] ?? 0) * scale;
        if (width === 2) out[to + 1] = (found[2 * i + 1] ?? 0) * scale;
      }
    }
  return fromNumbers(x.type, dims, out);
}
const sides = { inverse: flag(false), onesided: flag(false) };
export const DFT: Versions = {
  17: op('T:float L:index? -> T', { ...sides, axis: int(1) }, ([x, length], { axis, ...options }, call) =>
    transform(x, length && integersOf(length)[0], axis, options, call.fail),
  ),
  20: op('T:float L:index? int64? -> T', sides, ([x, length, axis], options, call) =>
    transform(
      x,
      length && integersOf(length)[0],
      axis ? (integersOf(axis)[0] ?? -2) : -2,
      options,
      call.fail,
    ),
  ),
};

export const STFT: Versions = {
  17: op(
    'T:float L:index T? L? -> T',
    { onesided: flag(true) },
    ([signal, step, window, frame], { onesided }, call) => {
      const [batch = 0, length = 0, given = 1] = signal.dims;
      if (signal.dims.length !== 3 || (given !== 1 && given !== 2))
        throw call.fail(`it takes [batch, samples, 1 or 2], not [${signal.dims}]`);
      const size = frame ? (integersOf(frame)[0] ?? 0) : (window?.data.length ?? 0);
      const hop = integersOf(step)[0] ?? 0;
      if (!(size >= 1 && size <= length && hop >= 1))
        throw call.fail(`frames of ${size} by steps of ${hop} do not fit ${length} samples`);
      if (window && window.data.length !== size)
        throw call.fail(`a window of ${window.data.length} does not fit frames of ${size}`);
      if (onesided && given === 2) throw call.fail('one side is only made of real numbers');
      const frames = Math.floor((length - size) / hop) + 1;
      const kept = onesided ? Math.floor(size / 2) + 1 : size;
      const dims = [batch, frames, kept, 2];
      const out = new Float64Array(checkSize(dims, 'float64'));
      const [values, weights] = [doublesOf(signal), window && doublesOf(window)];
      const line = new Float64Array(2 * size);
      for (let row = 0; row < batch; row++)
        for (let at = 0; at < frames; at++) {
          for (let i = 0; i < size; i++) {
            const from = (row * length + at * hop + i) * given;
            const weight = weights?.[i] ?? 1;
            line[2 * i] = (values[from] ?? 0) * weight;
            line[2 * i + 1] = given === 2 ? (values[from + 1] ?? 0) * weight : 0;
          }
          out.set(fourier(line, -1).subarray(0, 2 * kept), (row * frames + at) * kept * 2);
        }
      return fromNumbers(signal.type, dims, out);
    },
  ),
};

const isNumber = (type: ElementType | undefined): boolean =>
  type === undefined || !['string', 'bool'].includes(type);
const output_datatype = checked(elementType(), isNumber, 'a type of numbers');
const typed = ({ output_datatype: type }: { output_datatype: ElementType | undefined }) => ({
  U: type ?? 'float32',
});

/** A sum of cosines: a0 - a1 cos(x) + a2 cos(2 x). A periodic one is as long as a symmetric one of one more. */
function windowOf(a0: number, a1: number, a2: number): Versions {
  return {
    17: op(
      'L:index -> U',
      { output_datatype, periodic: flag(true) },
      ([size], { output_datatype: type, periodic }, call) => {
        const length = integersOf(size)[0] ?? 0;
        if (!(length >= 0)) throw call.fail(`its size is ${length}`);
        checkSize([length], 'float64');
        const whole = periodic ? length : length - 1;
        const values = Float64Array.from({ length }, (_, i) => {
          const x = whole === 0 ? Math.PI : (2 * Math.PI * i) / whole;
          return a0 - a1 * Math.cos(x) + a2 * Math.cos(2 * x);
        });
        return fromNumbers(type ?? 'float32', [length], values);
      },
      { types: typed },
    ),
  };
}
export const HannWindow = windowOf(0.5, 0.5, 0);
export const HammingWindow = windowOf(25 / 46, 21 / 46, 0);
export const BlackmanWindow = windowOf(0.42, 0.5, 0.08);

/** Triangles on the mel scale, whose corners are whole bins of the spectrum. */
export const MelWeightMatrix: Versions = {
  17: op(
    'L:index L L F:float F -> U',
    { output_datatype },
    ([bins, length, rate, low, high], { output_datatype: type }, call) => {
      const [bands = 0, n = 0, sampleRate = 0] = [bins, length, rate].map((one) => integersOf(one)[0]);
      if (!(bands >= 1 && n >= 1 && sampleRate >= 1)) throw call.fail('its numbers are not above 0');
      const mel = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);
      const hertz = (value: number): number => 700 * (10 ** (value / 2595) - 1);
      const [from, to] = [mel(Number(low.data[0])), mel(Number(high.data[0]))];
      const step = (to - from) / (bands + 2);
      const corner = (i: number): number => Math.floor(((n + 1) * hertz(from + i * step)) / sampleRate);
      const rows = Math.floor(n / 2) + 1;
      const dims = [rows, bands];
      const out = new Float64Array(checkSize(dims, 'float64'));
      for (let band = 0; band < bands; band++) {
        const [lower, centre, upper] = [corner(band), corner(band + 1), corner(band + 2)];
        const set = (bin: number, value: number): void => {
          if (bin >= 0 && bin < rows) out[bin * bands + band] = value;
        };
        // Corners may lie further away than numbers can count; rows are few.
        if (centre === lower) set(centre, 1);
        else
          for (let bin = Math.max(0, lower); bin <= Math.min(centre, rows); bin++)
            set(bin, (bin - lower) / (centre - lower));
        for (let bin = Math.max(0, centre); bin < Math.min(upper, rows); bin++)
          set(bin, (upper - bin) / (upper - centre));
      }
      return fromNumbers(type ?? 'float32', dims, out);
    },
    { types: typed },
  ),
};
