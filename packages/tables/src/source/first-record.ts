import { open } from 'node:fs/promises';

/** No header is longer. */
const MAX_HEADER_BYTES = 16 * 2 ** 20;
const CHUNK_BYTES = 2 ** 16;

export interface Dialect {
  readonly delimiter: string;
  /** Empty when nothing is quoted. */
  readonly quote: string;
}

/** The fields of the first record of a delimited text in UTF-8, as they stand; empty lines in front of it do not count. */
export async function firstRecord(path: string, dialect: Dialect): Promise<readonly string[]> {
  const file = await open(path);
  try {
    let bytes = Buffer.alloc(0);
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, bytes.length);
      bytes = Buffer.concat([bytes, buffer.subarray(0, bytesRead)]);
      const isAll = bytesRead === 0 || bytes.length >= MAX_HEADER_BYTES;
      const fields = recordOf(bytes.toString('utf8').replace(/^\uFEFF/, ''), dialect, isAll);
      if (fields) return fields;
    }
  } finally {
    await file.close();
  }
}

/** The first record of a text; undefined while its end is not in sight. */
function recordOf(
  text: string,
  { delimiter, quote }: Dialect,
  isAll: boolean,
): readonly string[] | undefined {
  let at = 0;
  while (text[at] === '\n' || text[at] === '\r') at++;
  const fields: string[] = [];
  let field = '';
  let isQuoted = false;
  for (; at < text.length; at++) {
    const character = text[at] ?? '';
    if (isQuoted) {
      if (character !== quote) field += character;
      else if (text[at + 1] === quote) field += text[++at];
      else isQuoted = false;
    } else if (character === quote && field === '') isQuoted = true;
    else if (text.startsWith(delimiter, at)) {
      fields.push(field);
      field = '';
      at += delimiter.length - 1;
    } else if (character === '\n' || character === '\r') return [...fields, field];
    else field += character;
  }
  return isAll ? [...fields, field] : undefined;
}
