/**
 * Where a text stops being JSON, from what `JSON.parse` threw: `line 3 column 5`. The engine's own message quotes the text around
 * the mistake, which may be a secret, and is no sentence of ours.
 */
export function placeInJson(thrown: unknown, text: string): string {
  const message = String(thrown);
  const [, told] = /\((line \d+ column \d+)\)/.exec(message) ?? [];
  if (told !== undefined) return told;
  // Node tells no position for some mistakes, but quotes ten characters on either side of them.
  const [, dots, quoted = ''] = /, (\.\.\.)?"([\s\S]*)"(?:\.\.\.)? is not valid JSON$/.exec(message) ?? [];
  const before = text.slice(0, Math.max(0, text.indexOf(quoted)) + (dots === undefined ? 0 : 10));
  return `near line ${before.split('\n').length}`;
}
