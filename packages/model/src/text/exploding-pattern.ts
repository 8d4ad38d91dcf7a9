/** Lists and objects of a file in each other. */
const MOST_DEPTH = 32;

/**
 * Finds a regular expression of a tokeniser that repeats a group which itself repeats, such as `(a+)+`: for some texts it takes time
 * that doubles with each letter. None of the tokenisers in use has one.
 */
export function explodingPattern(part: unknown, depth = 0): string | undefined {
  if (typeof part !== 'object' || part === null || depth > MOST_DEPTH) return undefined;
  for (const [name, value] of Object.entries(part)) {
    // Vocabularies are long, and hold no patterns.
    if (name === 'vocab' || name === 'merges') continue;
    if (name === 'Regex' && typeof value === 'string' && isExploding(value)) return value;
    const found = explodingPattern(value, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether something unbounded repeats within something unbounded that repeats. */
function isExploding(pattern: string): boolean {
  /** Of each group that is open: whether something in it repeats without bound. */
  const open: boolean[] = [false];
  let isClosed = false;
  for (let at = 0; at < pattern.length; at++) {
    const letter = pattern[at] ?? '';
    let isRepeating = false;
    let inner = false;
    if (letter === '\\') at++;
    else if (letter === '[') at = classEnd(pattern, at);
    else if (letter === '(') {
      open.push(false);
      isClosed = false;
      continue;
    } else if (letter === ')') inner = open.pop() ?? false;
    isClosed = letter === ')';
    const next = /^(?:[*+]|\{\d+,\})/.exec(pattern.slice(at + 1));
    if (next && letter !== '*' && letter !== '+') isRepeating = true;
    if (isClosed && isRepeating && inner) return true;
    if (isRepeating || inner) open[open.length - 1] = true;
  }
  return false;
}

/** Where a class of characters ends, those within it included. */
function classEnd(pattern: string, from: number): number {
  let depth = 0;
  for (let at = from; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++;
    else if (pattern[at] === '[') depth++;
    else if (pattern[at] === ']' && --depth === 0) return at;
  }
  return pattern.length;
}
