import { serverError } from '../server-error.ts';

/** Deeper than any real input, shallower than any stack. */
const MAX_DEPTH = 64;

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [
  0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d,
] as const;

/**
 * Refuses JSON that nests without end, before it is parsed: whoever walks through the value later may do so with a call
 * per level. Reads bytes, which is safe: in UTF-8 no byte of another character looks like these six.
 *
 * @throws TRS_SERVER_BODY_TOO_DEEP
 */
export function checkJsonDepth(json: Uint8Array): void {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (isInText) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) isInText = false;
    } else if (byte === QUOTE) isInText = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      depth++;
      if (depth > MAX_DEPTH) throw tooDeep();
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth--;
  }
}

const tooDeep = () =>
  serverError('BODY_TOO_DEEP', {
    kind: 'usage',
    message: `The body nests deeper than ${MAX_DEPTH} levels.`,
    hint: 'Send a flatter object.',
  });
