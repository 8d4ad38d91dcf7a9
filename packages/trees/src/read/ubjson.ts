import { malformed } from './fields.ts';

/** Lists and objects in each other, at most. */
export const MOST_DEPTH = 64;

/**
 * Reads Universal Binary JSON (draft 12), with lists of one type as XGBoost writes them. Whole numbers become doubles.
 *
 * @throws TRS_TREES_MODEL where it is not whole
 */
export function readUbjson(bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = new TextDecoder('utf-8', { fatal: true });
  let at = 0;

  const ended = () => malformed(`byte ${at}`, 'is beyond the end of the model');
  const take = (count: number): number => {
    if (at + count > bytes.length) throw ended();
    at += count;
    return at - count;
  };
  const marker = (): string => {
    let found = 'N';
    // No-ops are passed over.
    while (found === 'N') found = String.fromCharCode(view.getUint8(take(1)));
    return found;
  };
  const numbers: Readonly<Record<string, readonly [bytes: number, read: (from: number) => number]>> = {
    i: [1, (from) => view.getInt8(from)],
    U: [1, (from) => view.getUint8(from)],
    I: [2, (from) => view.getInt16(from)],
    l: [4, (from) => view.getInt32(from)],
    L: [8, (from) => Number(view.getBigInt64(from))],
    d: [4, (from) => view.getFloat32(from)],
    D: [8, (from) => view.getFloat64(from)],
  };
  const number = (type: string): number => {
    const own = numbers[type];
    if (!own) throw malformed(`byte ${at - 1}`, `says "${type}" where a number is to be`);
    return own[1](take(own[0]));
  };
  const length = (): number => {
    const count = number(marker());
    // Whatever there are so many of takes a byte and more.
    if (!Number.isInteger(count) || count < 0 || count > bytes.length - at)
      throw malformed(`byte ${at}`, `counts ${count} entries; ${bytes.length - at} bytes are left`);
    return count;
  };
  const string = (): string => {
    const count = length();
    const from = take(count);
    try {
      return text.decode(bytes.subarray(from, from + count));
    } catch {
      throw malformed(`byte ${from}`, 'begins no text of UTF-8');
    }
  };

  const value = (type: string, depth: number): unknown => {
    if (depth > MOST_DEPTH)
      throw malformed(`byte ${at}`, `lies in more than ${MOST_DEPTH} lists and objects`);
    if (type === 'S') return string();
    if (type === 'C') return String.fromCharCode(view.getUint8(take(1)));
    if (type === 'T' || type === 'F') return type === 'T';
    if (type === 'Z') return null;
    if (type === '[') return list(depth);
    if (type === '{') return object(depth);
    return number(type);
  };
  /** What may stand behind the beginning of a list or an object: one type for all, and how many there are. */
  const header = (): { readonly type: string | undefined; readonly count: number | undefined } => {
    let type: string | undefined;
    if (bytes[at] === 0x24) {
      at += 1;
      type = marker();
      // Nothing else takes a byte and more.
      if (!(type in numbers || type === 'S' || type === 'C'))
        throw malformed(`byte ${at - 1}`, `has a list of "${type}"`);
      if (bytes[at] !== 0x23) throw malformed(`byte ${at}`, 'does not count what has one type');
    }
    if (bytes[at] !== 0x23) return { type, count: undefined };
    at += 1;
    return { type, count: length() };
  };
  const list = (depth: number): readonly unknown[] => {
    const { type, count } = header();
    const entries: unknown[] = [];
    if (count !== undefined) {
      for (let of = 0; of < count; of++) entries.push(value(type ?? marker(), depth + 1));
      return entries;
    }
    for (let own = marker(); own !== ']'; own = marker()) entries.push(value(own, depth + 1));
    return entries;
  };
  const object = (depth: number): Readonly<Record<string, unknown>> => {
    const { type, count } = header();
    const entries: [string, unknown][] = [];
    const isOver = (): boolean => {
      if (count !== undefined) return entries.length >= count;
      while (bytes[at] === 0x4e) at += 1;
      if (bytes[at] !== 0x7d) return false;
      at += 1;
      return true;
    };
    while (!isOver()) {
      const key = string();
      entries.push([key, value(type ?? marker(), depth + 1)]);
    }
    return Object.fromEntries(entries);
  };

  const whole = value(marker(), 0);
  if (at !== bytes.length) throw malformed(`byte ${at}`, 'comes behind the end of the model');
  return whole;
}
