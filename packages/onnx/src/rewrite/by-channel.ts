/**
 * A weight as integers of 8 bits with a factor for each channel of an axis, symmetric around 0 (Krishnamoorthi 2018, section 3.1.2).
 *
 * @param data finite numbers
 */
export function byChannel(
  data: Float32Array,
  dims: readonly number[],
  axis: number,
): { readonly codes: Int8Array; readonly factors: Float32Array } {
  const channels = dims[axis] ?? 1;
  const inner = dims.slice(axis + 1).reduce((product, length) => product * length, 1);
  const channelOf = (at: number): number => Math.floor(at / inner) % channels;
  const largest = new Float32Array(channels);
  for (let at = 0; at < data.length; at++) {
    const channel = channelOf(at);
    largest[channel] = Math.max(largest[channel] ?? 0, Math.abs(data[at] ?? 0));
  }
  // A channel of zeros, or of numbers too small for a factor, has any factor.
  const factors = largest.map((most) => (most / 127 >= 1e-37 ? most / 127 : 1));
  const codes = new Int8Array(data.length);
  for (let at = 0; at < data.length; at++)
    codes[at] = Math.round((data[at] ?? 0) / (factors[channelOf(at)] ?? 1));
  return { codes, factors };
}
