/** Numbers as WebAssembly's binary format writes them: LEB128, least significant seven bits first; floats as their bits. */

export function unsignedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return bytes;
}

/** Of a whole number in the range of int32 or, as a float holds it exactly, beyond. */
export function signedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = ((rest % 128) + 128) % 128;
    rest = Math.floor(rest / 128);
    const isLast = (rest === 0 && low < 64) || (rest === -1 && low >= 64);
    bytes.push(isLast ? low : low + 128);
    if (isLast) return bytes;
  }
}

export const floatBytes = (value: number): number[] => [...new Uint8Array(Float32Array.of(value).buffer)];
export const doubleBytes = (value: number): number[] => [...new Uint8Array(Float64Array.of(value).buffer)];
