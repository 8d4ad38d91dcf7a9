/** What the engine says of SQL, in words for who wrote it. */
export interface EngineMessage {
  /** What is wrong, without a full stop. */
  readonly what: string;
  /** What can be done. */
  readonly hint: string | undefined;
  /** Where in the SQL, from 1. */
  readonly place: { readonly line: number; readonly column: number } | undefined;
}

/** `Binder Error: `, `Invalid Input Error: `: the engine's own kinds of errors tell a reader nothing. */
const KIND = /^(?:[A-Za-z][\w/-]*(?: [A-Za-z][\w/-]*){0,3} )?(?:Error|Exception): /;

const TYPES: Readonly<Record<string, string>> = {
  VARCHAR: 'a text',
  STRING_LITERAL: 'a text',
  BOOLEAN: 'true or false',
  BOOL: 'true or false',
  DATE: 'a date',
  TIMESTAMP: 'a timestamp',
  TIME: 'a time of day',
  INTERVAL: 'an interval',
  DOUBLE: 'a number',
  FLOAT: 'a number',
  DECIMAL: 'a decimal number',
  INTEGER_LITERAL: 'a whole number',
};

/** A type in words: `VARCHAR` is a text, `INT64` a whole number. */
function typeInWords(type: string): string {
  const bare = type.replace(/\(.*\)$/, '').replace(/'/g, '');
  if (/^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?(8|16|32|64|128)?$/.test(bare)) return 'a whole number';
  return TYPES[bare] ?? type;
}

type Found = readonly string[];
type Said = string | readonly [what: string, hint: string];

/** What the engine says, and how it is said here; the first that fits. */
const RULES: readonly (readonly [RegExp, (found: Found) => Said])[] = [
  [/^Referenced column "(.+)" not found/, ([, name]) => `there is no column "${name}"`],
  [/^Referenced table "(.+)" not found/, ([, name]) => `there is no table "${name}" behind FROM`],
  [
    /^Table "(.+)" does not have a column named "(.+)"/,
    ([, table, name]) => `"${table}" has no column "${name}"`,
  ],
  [
    /^Values? list "(.+)" does not have a column named "(.+)"/,
    ([, table, name]) => `"${table}" has no column "${name}"`,
  ],
  [
    /^Ambiguous reference to column name "(.+)" \(use: (.+)\)/,
    ([, name, uses]) => [`more than one table has a column "${name}"`, `Say which: ${uses}.`],
  ],
  [
    /^Cannot compare values of type (.+?) and type (.+?)( - |,|$)/,
    ([, one = '', other = '']) => [
      `${typeInWords(one)} is compared with ${typeInWords(other)}`,
      'Make them one type: CAST(… AS …), or quotes around a text.',
    ],
  ],
  [
    /^No function matches the given name and argument types '(.+?)\((.*)\)'/,
    ([, name, types = '']) => [
      `"${name === '~~' ? 'LIKE' : name}" does not take ${types.split(', ').map(typeInWords).join(' and ') || 'nothing'}`,
      'Make them types that it takes: CAST(… AS …).',
    ],
  ],
  [
    /^(?:[A-Z]\w+ )?Function with name "?(\w+)"? does not exist/,
    ([, name]) => `there is no function "${name}"`,
  ],
  [/^Type with name "?(\w+)"? does not exist/, ([, name]) => `there is no type "${name}"`],
  [/^Table with name "?(.+?)"? does not exist/, ([, name]) => `there is no table "${name}"`],
  [/^syntax error at or near "([\s\S]*)"/, ([, text]) => `"${text}" is not expected here`],
  [
    /^syntax error at end of input/,
    () => 'it ends too early: something is missing, or a bracket is not closed',
  ],
  [/^unterminated (?:quoted|bit) /, () => 'a quote is opened and not closed'],
  [
    /^Could not convert string ['"]([\s\S]*?)['"] to '?(\w+)/,
    ([, text, type = '']) => [
      `the text "${text}" is not ${typeInWords(type)}`,
      'TRY_CAST gives NULL for what does not fit.',
    ],
  ],
  [
    /^Could not cast value (.+) to (\S+)/,
    ([, value, type = '']) => [
      `${value} does not fit into ${type}`,
      'TRY_CAST gives NULL for what does not fit.',
    ],
  ],
  [
    /^(?:Type \S+ with value|Casting value) (.+?) can'?t be cast .*type '?(\w+)/,
    ([, value, type = '']) => [
      `${value} does not fit into ${plain(type)}`,
      'TRY_CAST gives NULL for what does not fit.',
    ],
  ],
  [
    /^(?:date|time|timestamp|date\/time) field value out of range: "(.+)"/i,
    ([, text]) => `"${text}" is no date or time that there is`,
  ],
  [/^invalid (date|timestamp|time)[^"]*"([^"]*)"/i, ([, kind, text]) => `"${text}" is no ${kind}`],
  [
    /^column (".+?") must appear in the GROUP BY clause/,
    ([, name]) => [
      `${name} is neither grouped by nor aggregated`,
      `Add it to GROUP BY, or write any_value(${name}).`,
    ],
  ],
  [
    /^Overflow in (\w+) of \w+ \((.+)\)/,
    ([, , sum]) => [`${sum} is too large for a whole number`, 'Cast one side to DOUBLE or DECIMAL(38,0).'],
  ],
  [
    /^WHERE clause cannot contain aggregates/,
    () => ['WHERE holds an aggregate', 'Conditions on aggregates stand in HAVING.'],
  ],
  [/^aggregate function calls cannot be nested/, () => 'an aggregate stands inside an aggregate'],
  [
    /^More than one row returned by a subquery/,
    () => ['a query that stands for one value gives more than one row', 'Add LIMIT 1, or an aggregate.'],
  ],
  [/^(?:missing|invalid|no argument|bad) .*: .*/, ([all = '']) => `a regular expression is wrong: ${all}`],
];

/** What an error of the engine says, without the words of its inside. */
export function engineMessage(cause: unknown): EngineMessage {
  const told = cause instanceof Error ? cause.message : String(cause);
  let text = told;
  while (KIND.test(text)) text = text.replace(KIND, '');
  const [line = ''] = text.split('\n');
  const said = RULES.flatMap(([pattern, say]) => {
    const found = pattern.exec(text);
    return found ? [say(found)] : [];
  })[0];
  const [what, hint] = typeof said === 'string' ? [said] : (said ?? [plain(line)]);
  return { what, hint: hint ?? hintIn(text), place: placeIn(text) };
}

const INTEGERS: Readonly<Record<string, string>> = {
  8: 'TINYINT',
  16: 'SMALLINT',
  64: 'BIGINT',
  128: 'HUGEINT',
};

/** A message that no rule knows: its first line, with types as SQL writes them. */
const plain = (line: string): string =>
  line
    .replace(/[!.\s]+$/, '')
    .replaceAll('INTEGER_LITERAL', 'INTEGER')
    .replaceAll('STRING_LITERAL', 'VARCHAR')
    .replace(
      /\b(U?)INT(8|16|32|64|128)\b/g,
      (_, sign: string, bits: string) => `${sign}${INTEGERS[bits] ?? 'INTEGER'}`,
    );

function hintIn(text: string): string | undefined {
  const meant = /Did you mean "(.+?)"/.exec(text)?.[1];
  if (meant !== undefined) return `Did you mean "${meant}"?`;
  const names = /Candidate (?:bindings|Entries): (?:: )?(".*")/.exec(text)?.[1];
  return names === undefined ? undefined : `There are: ${names}.`;
}

/** The engine shows a line of the SQL, and a mark below the place. */
function placeIn(text: string): EngineMessage['place'] {
  const [, number = '', shown = '', mark] = /(?:^|\n)LINE (\d+): ([^\n]*)\n( *)\^/.exec(text) ?? [];
  // A long line is shown from its middle.
  if (mark === undefined || shown.startsWith('...')) return undefined;
  return { line: Number(number), column: mark.length - `LINE ${number}: `.length + 1 };
}

/** The same as the end of a sentence: `there is no column "q" (line 1, column 8)`. */
export function inWords({ what, place }: EngineMessage): string {
  return place ? `${what} (line ${place.line}, column ${place.column})` : what;
}
