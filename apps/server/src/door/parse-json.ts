import { serverError } from '../server-error.ts';

/** Deeper than any real input, shallower than any stack. */
const MAX_DEPTH = 64;

/** Reads a JSON body. @throws TRS_SERVER_BODY_NOT_JSON, TRS_SERVER_BODY_TOO_DEEP */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return {};
  const text = bytes.toString('utf8');
  checkDepth(text);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw serverError('BODY_NOT_JSON', {
      kind: 'usage',
      message: `The body is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'Send an object with the operation’s input; see /docs.',
    });
  }
}

/** Whoever walks through the value later may do so with a call per level. */
function checkDepth(text: string): void {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isInText) {
      if (character === '\\') at++;
      else if (character === '"') isInText = false;
    } else if (character === '"') isInText = true;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    if (depth > MAX_DEPTH) {
      throw serverError('BODY_TOO_DEEP', {
        kind: 'usage',
        message: `The body nests deeper than ${MAX_DEPTH} levels.`,
        hint: 'Send a flatter object.',
      });
    }
  }
}
