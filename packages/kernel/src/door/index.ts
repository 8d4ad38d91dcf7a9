export { isTooDeep, MAX_JSON_DEPTH } from './json-depth.ts';
export { readChunks } from './read-chunks.ts';
export { releaseBytes } from './release-bytes.ts';
export { type ExtractLimits, safeExtract } from './safe-extract.ts';
export { checkUrl, type FetchOptions, isPublic, safeFetch } from './safe-fetch.ts';
export { safeResolve } from './safe-resolve.ts';
export { shownAddress } from './shown-address.ts';
