import { createReadStream } from 'node:fs';
import { dataError } from '../../data-error.ts';

/** One value that a row may be. */
const MAX_OBJECT_CHARACTERS = 2 ** 27;
const MAX_DEPTH = 500;
const CHUNK_BYTES = 2 ** 20;

const [QUOTE, BACKSLASH, COMMA, COLON] = [34, 92, 44, 58];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125];

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
/** What a number is made of. */
const RUN = /[\w.+-]*/y;
/** Python writes NaN and infinities into JSON, which has none. */
const WORD = /true|false|null|NaN|-?Infinity/y;
const SPACE = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: it's what is looked for
const CONTROL = /[\u0000-\u001f]/;

/** What is read goes on in the next chunk. */
class NeedsMore extends Error {}

/**
 * The objects of a JSON text (a list of them, or one after the other), with every value as it is written: no digit of a number
 * is lost, a string stays a string, what is nested is JSON text.
 *
 * Each is given as the inside of an object for the spool: `"0":"n1.10","1":"sa","#":17`, with columns by their places, values
 * behind a letter for their kinds, and the line.
 *
 * @param names grows by the names of columns, in the order in which they first come
 * @throws TRS_DATA_UNREADABLE by line and column
 */
export async function* scanJson(path: string, shown: string, names: string[]): AsyncGenerator<string> {
  const keys = new Map<string, number>();
  const lastSeen: number[] = [];
  const decoder = new TextDecoder('utf-8', { ignoreBOM: false });
  let text = '';
  let at = 0;
  let line = 1;
  /** Where lines are counted up to, and where the line begins there. */
  let counted = 0;
  let lineStart = 0;
  let row = 0;
  let isAll = false;

  const placeOf = (position: number): { line: number; column: number } => {
    for (
      let end = text.indexOf('\n', counted);
      end !== -1 && end < position;
      end = text.indexOf('\n', end + 1)
    ) {
      line++;
      lineStart = end + 1;
    }
    counted = Math.max(counted, position);
    return { line, column: position - lineStart + 1 };
  };
  const fail = (what: string, position = at): never => {
    if (!isAll && position >= text.length) throw new NeedsMore();
    const place = placeOf(position);
    throw dataError('UNREADABLE', {
      kind: 'invalid',
      message: `"${shown}" cannot be read as JSON: ${what} in line ${place.line}, column ${place.column}.`,
      hint: 'Nothing was added. Mend that place; a list of objects is called .json, one object a line .jsonl.',
      details: { source: shown, ...place },
    });
  };
  const code = (): number => {
    if (at < text.length) return text.charCodeAt(at);
    if (isAll) return fail('the text ends too early');
    throw new NeedsMore();
  };
  const skipSpace = (): void => {
    SPACE.lastIndex = at;
    SPACE.exec(text);
    at = SPACE.lastIndex;
  };
  /** The content of a string, with its escapes. */
  const string = (): string => {
    const start = ++at;
    for (;;) {
      const end = text.indexOf('"', at);
      if (end === -1) {
        at = text.length;
        code();
      }
      let slashes = 0;
      while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
      at = end + 1;
      if (slashes % 2 === 1 && end - slashes >= start) continue;
      const content = text.slice(start, end);
      if (CONTROL.test(content)) fail('a string that is not ended', start + content.search(CONTROL));
      if (content.includes('\\')) checkEscapes(content, start);
      return content;
    }
  };
  const checkEscapes = (content: string, start: number): void => {
    let plain = '';
    try {
      plain = String(JSON.parse(`"${content}"`));
    } catch {
      fail('an escape that is none', start);
    }
    if (/\p{Surrogate}/u.test(plain)) fail('half of a character', start);
  };
  const number = (): string => {
    RUN.lastIndex = at;
    const [found = ''] = RUN.exec(text) ?? [];
    // The rest of it may come.
    if (at + found.length === text.length && !isAll) throw new NeedsMore();
    if (!NUMBER.test(found)) return fail('what is no value');
    at += found.length;
    return found;
  };
  const word = (): string | undefined => {
    if (!isAll && text.length - at < 9) throw new NeedsMore();
    WORD.lastIndex = at;
    const [found] = WORD.exec(text) ?? [];
    if (found !== undefined) at += found.length;
    return found;
  };
  /** Goes behind a nested value. */
  const skipNested = (depth: number): void => {
    if (depth > MAX_DEPTH) fail(`values nested more than ${MAX_DEPTH} deep`);
    const isList = code() === OPEN_LIST;
    const close = isList ? CLOSE_LIST : CLOSE_OBJECT;
    at++;
    skipSpace();
    if (code() === close) {
      at++;
      return;
    }
    for (;;) {
      skipSpace();
      if (!isList) {
        if (code() !== QUOTE) fail('a name without quotes');
        string();
        skipSpace();
        if (code() !== COLON) fail('a name without a value');
        at++;
        skipSpace();
      }
      skipValue(depth + 1);
      skipSpace();
      const next = code();
      at++;
      if (next === close) return;
      if (next !== COMMA) {
        at--;
        fail('a value that is not ended');
      }
    }
  };
  const skipValue = (depth: number): void => {
    const first = code();
    if (first === QUOTE) string();
    else if (first === OPEN_LIST || first === OPEN_OBJECT) skipNested(depth);
    else if (word() === undefined) number();
  };
  /** A value for the spool; undefined for null. */
  const value = (): string | undefined => {
    const first = code();
    if (first === QUOTE) return `"s${string()}"`;
    if (first === OPEN_LIST || first === OPEN_OBJECT) {
      const start = at;
      skipNested(1);
      return JSON.stringify(`j${compact(text.slice(start, at))}`);
    }
    const found = first >= 48 && first <= 57 ? undefined : word();
    if (found === 'null') return undefined;
    if (found === 'true' || found === 'false') return `"b${found}"`;
    return `"n${found ?? number()}"`;
  };
  const keyed = (raw: string): number => {
    const known = keys.get(raw);
    if (known !== undefined) return known;
    const name = String(JSON.parse(`"${raw}"`));
    const index = names.indexOf(name);
    if (index === -1) names.push(name);
    keys.set(raw, index === -1 ? names.length - 1 : index);
    return index === -1 ? names.length - 1 : index;
  };
  const object = (): string => {
    if (code() !== OPEN_OBJECT) fail('a row that is no object');
    const { line: place } = placeOf(at);
    const parts: string[] = [];
    at++;
    skipSpace();
    if (code() === CLOSE_OBJECT) at++;
    else
      for (;;) {
        skipSpace();
        if (code() !== QUOTE) fail('a name without quotes');
        const start = at;
        const raw = string();
        const index = keyed(raw);
        if (lastSeen[index] === row) fail(`a duplicate key ${JSON.stringify(names[index])}`, start);
        lastSeen[index] = row;
        skipSpace();
        if (code() !== COLON) fail('a name without a value');
        at++;
        skipSpace();
        const found = value();
        if (found !== undefined) parts.push(`"${index}":${found}`);
        skipSpace();
        const next = code();
        at++;
        if (next === CLOSE_OBJECT) break;
        if (next !== COMMA) {
          at--;
          fail('a value that is not ended');
        }
      }
    parts.push(`"#":${place}`);
    return parts.join(',');
  };

  const chunks = createReadStream(path, { highWaterMark: CHUNK_BYTES })[Symbol.asyncIterator]();
  /** Reads on, at least as much again as there is, so that what is long is not begun anew too often. */
  const more = async (): Promise<void> => {
    placeOf(at);
    lineStart -= at;
    counted = Math.max(0, counted - at);
    text = text.slice(at);
    at = 0;
    if (text.length > MAX_OBJECT_CHARACTERS)
      fail(`a row of more than ${MAX_OBJECT_CHARACTERS} characters`, 0);
    const wanted = 2 * text.length;
    const pieces = [text];
    let length = text.length;
    do {
      const { done, value: bytes } = await chunks.next();
      isAll = done === true;
      const piece = decoder.decode(bytes, { stream: !isAll });
      pieces.push(piece);
      length += piece.length;
    } while (!isAll && length < wanted);
    text = pieces.join('');
  };

  let isList = false;
  let isBegun = false;
  let isEnded = false;
  for (;;) {
    const start = at;
    try {
      skipSpace();
      if (at >= text.length) {
        if (isAll) break;
        throw new NeedsMore();
      }
      const next = text.charCodeAt(at);
      if (isEnded) fail('something behind the end of the list');
      if (!isBegun && next === OPEN_LIST) {
        at++;
        skipSpace();
        isEnded = code() === CLOSE_LIST;
        if (isEnded) at++;
        isList = true;
        isBegun = true;
        continue;
      }
      isBegun = true;
      const found = object();
      if (isList) {
        skipSpace();
        const behind = code();
        if (behind === CLOSE_LIST) isEnded = true;
        else if (behind !== COMMA) fail('an object that is not ended');
        at++;
      }
      yield found;
      row++;
    } catch (thrown) {
      if (!(thrown instanceof NeedsMore)) throw thrown;
      // Begun again with more of the text: what was seen of this row does not count.
      at = start;
      for (const [index, seen] of lastSeen.entries()) if (seen === row) lastSeen[index] = -1;
      await more();
    }
  }
  if (isList && !isEnded) {
    at = text.length;
    fail('a list that does not end');
  }
}

/** JSON without the space between its parts. */
const compact = (json: string): string =>
  /\s/.test(json) ? json.replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1') : json;
