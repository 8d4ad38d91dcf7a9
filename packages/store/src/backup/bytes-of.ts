import { createReadStream } from 'node:fs';

export const bytesOf = (path: string): AsyncIterable<Uint8Array> => createReadStream(path);
