/** Texts, names and comments as wholes: what they hold is not looked at. */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\/|\s+|[\s\S]/g;

/**
 * A statement without the semicolon that may end it, and without comments behind that: the query is put into another. A second
 * statement behind a semicolon stays, to be refused.
 */
export function plainSelect(sql: string): string {
  let end: number | undefined;
  for (const { 0: token, index } of sql.matchAll(TOKEN)) {
    if (token === ';') end ??= index;
    else if (!/^(?:\s|--|\/\*)/.test(token)) end = undefined;
  }
  return sql.slice(0, end).trim();
}
