/** The language's own types leave it out without a browser's; this is the part that is used. */
declare const WebAssembly: { validate(bytes: Uint8Array): boolean };

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
/** One function without parameters, `() -> v128`. */
const TYPE_AND_FUNCTION = [0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b, 0x03, 0x02, 0x01, 0x00];
/** `i32.const 0; i8x16.splat` */
const SPLAT = [0x41, 0x00, 0xfd, 0x0f];

const simdModule = (body: readonly number[]): Uint8Array<ArrayBuffer> => {
  const code = [0x00, ...body, 0x0b];
  return Uint8Array.from([
    ...HEADER,
    ...TYPE_AND_FUNCTION,
    0x0a,
    code.length + 2,
    0x01,
    code.length,
    ...code,
  ]);
};

/** Which WebAssembly features this runtime has, asked with the smallest module that needs each. */
export function wasmFeatures(): Readonly<Record<string, boolean>> {
  return {
    simd: WebAssembly.validate(simdModule(SPLAT)),
    // f32x4.relaxed_madd: 0xfd, 0x105 as LEB128.
    relaxedSimd: WebAssembly.validate(simdModule([...SPLAT, ...SPLAT, ...SPLAT, 0xfd, 0x85, 0x02])),
    // A shared memory of 1 to 1 pages.
    threads: WebAssembly.validate(Uint8Array.from([...HEADER, 0x05, 0x04, 0x01, 0x03, 0x01, 0x01])),
  };
}
