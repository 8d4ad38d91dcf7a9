// From the WebGPU specification; the globals exist only in browsers.
export const USAGE = {
  mapRead: 1,
  copySrc: 4,
  copyDst: 8,
  uniform: 64,
  storage: 128,
  queryResolve: 512,
} as const;
export const MAP_READ = 1;
/** Every element type takes a word in storage. */
export const WORD_BYTES = 4;
