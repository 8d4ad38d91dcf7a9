import type { Ours } from './read.ts';

/** A value that a peer read: its kind (s string, n number, b truth, j nested, t moment, c time of day) and its text. */
export type Cell = readonly [kind: string, text: string] | null;

/** What peers read of a file: every value as it stands there, and what pandas makes of it when nothing is said. */
export interface Expected {
  readonly file: string;
  readonly options: object;
  readonly names: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly guessed:
    | {
        readonly names: readonly string[];
        readonly types: readonly string[];
        readonly rows: readonly (readonly Cell[])[];
      }
    | { readonly error: string };
}

export interface Difference {
  readonly file: string;
  readonly kind: string;
  readonly example: string;
}

const show = (value: unknown): string => JSON.stringify(value)?.slice(0, 120) ?? String(value);

/** Microseconds since 1970 of a moment in ISO 8601, without a zone or in UTC; undefined for what is none. */
function moment(text: string): bigint | undefined {
  const found =
    /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,6})0*)?)?(?:Z|\+00(?::?00)?)?$/.exec(text);
  if (!found) return undefined;
  const [, day, clock = '00:00:00', fraction = ''] = found;
  const at = Date.parse(`${day}T${clock.length === 5 ? `${clock}:00` : clock}Z`);
  return Number.isNaN(at) ? undefined : BigInt(at) * 1_000n + BigInt(fraction.padEnd(6, '0'));
}

/** Without what says nothing: 1.50 and 1.5 and 15e-1 are one number. */
function digits(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace(/^[+-]/, '').split('.');
  const all = (whole + fraction).replace(/^0+/, '');
  const bare = all.replace(/0+$/, '');
  return bare === ''
    ? '0'
    : `${text.startsWith('-') ? '-' : ''}${bare}e${Number(exponent) - fraction.length + all.length - bare.length}`;
}

/** Whether a value of ours is the one that stands in the file. */
export function isSame(type: string, ours: string | null, cell: Cell): boolean {
  if (cell === null) return ours === null;
  const [kind, text] = cell;
  if (ours === null) return text === '';
  // openpyxl reads -0 as a whole number, and what no double holds as infinite.
  if (kind === 'n' && text === '0' && ours === '-0.0') return true;
  if (kind === 'n' && /^-?inf$/.test(text) && type === 'string')
    return !Number.isFinite(Number(ours.replace('inf', 'Infinity')));
  switch (type) {
    case 'integer':
      return digits(ours) === digits(text) && !ours.includes('.');
    case 'number':
      // The nearest double, as the peer has it too.
      return Object.is(Number(ours.replace('inf', 'Infinity')), Number(text.replace('inf', 'Infinity')));
    case 'boolean':
      return ours === text.toLowerCase();
    case 'timestamp':
      return moment(ours) !== undefined && moment(ours) === moment(text);
    case 'string':
      if (kind === 'j') return show(JSON.parse(ours)) === show(JSON.parse(text));
      if (kind === 't') return moment(ours) === moment(text);
      if (kind === 'c') return digits(ours.replaceAll(':', '')) === digits(text.replaceAll(':', ''));
      if (kind === 'n')
        return ours === text || (Number(ours) === Number(text) && digits(ours) === digits(text));
      return ours === text;
    default:
      return digits(ours) === digits(text);
  }
}

/** Rows of a sheet that hold nothing are left out, which a note says. */
const filledRows = ({ file, rows }: Expected): Expected['rows'] =>
  file.endsWith('.xlsx') ? rows.filter((cells) => cells.some((cell) => cell !== null)) : rows;

/** One column, of which values hold what may part columns: who does not say the delimiter is told the line. */
const cannotBeTold = ({ names, options }: Expected, ours: Ours): boolean =>
  'refused' in ours &&
  ours.refused === 'TRS_DATA_BAD_ROWS' &&
  names.length === 1 &&
  Object.keys(options).length === 0;

/** Where ours is not what stands in the file: there is to be none. */
export function wrong(expected: Expected, ours: Ours): readonly Difference[] {
  const { file } = expected;
  const rows = filledRows(expected);
  if (cannotBeTold(expected, ours)) return [];
  if ('refused' in ours) {
    if (ours.refused === 'TRS_DATA_EMPTY' && rows.length === 0) return [];
    return [{ file, kind: `refused: ${ours.refused}`, example: ours.message }];
  }
  if (ours.rows.length !== rows.length)
    return [{ file, kind: 'rows', example: `${ours.rows.length} instead of ${rows.length}` }];
  if (ours.names.length !== expected.names.length)
    return [{ file, kind: 'columns', example: `${show(ours.names)} instead of ${show(expected.names)}` }];
  const isRenamed =
    new Set(expected.names.map((name) => name.toLowerCase())).size < expected.names.length ||
    expected.names.includes('');
  if (!isRenamed && show(ours.names) !== show(expected.names))
    return [{ file, kind: 'names', example: `${show(ours.names)} instead of ${show(expected.names)}` }];
  for (const [column, type] of ours.types.entries()) {
    const row = rows.findIndex(
      (cells, index) => !isSame(type, ours.rows[index]?.[column] ?? null, cells[column] ?? null),
    );
    if (row !== -1)
      return [
        {
          file,
          kind: `value of a ${type}`,
          example: `${show(ours.rows[row]?.[column])} instead of ${show(rows[row]?.[column])} in row ${row + 1} of ${show(ours.names[column])}`,
        },
      ];
  }
  return [];
}

/** What pandas takes for something else when nothing is said, by kind: each is one that the guide to types tells of. */
export function guessedOtherwise(expected: Expected, ours: Ours): readonly Difference[] {
  const { file, guessed } = expected;
  const rows = filledRows(expected);
  if (cannotBeTold(expected, ours) && 'message' in ours)
    return [{ file, kind: 'refused, as its delimiter is not said', example: ours.message }];
  if ('refused' in ours) return [];
  if ('error' in guessed) return [{ file, kind: 'pandas reads nothing', example: guessed.error }];
  const at = (kind: string, example: string): Difference => ({ file, kind, example });
  const header =
    show(guessed.names) === show(ours.names)
      ? []
      : [at('names', `${show(ours.names)}, pandas ${show(guessed.names)}`)];
  if (guessed.rows.length !== ours.rows.length)
    return [...header, at('rows', `${ours.rows.length}, pandas ${guessed.rows.length}`)];
  return [
    ...header,
    ...ours.types.flatMap((type, column) => {
      const found = new Map<string, Difference>();
      for (const [row, cells] of rows.entries()) {
        const [own, cell, theirs] = [
          ours.rows[row]?.[column] ?? null,
          cells[column] ?? null,
          guessed.rows[row]?.[column] ?? null,
        ];
        const kind = guessKind(type, own, cell, theirs);
        if (kind !== undefined && !found.has(kind))
          found.set(kind, at(kind, `${show(own)}, pandas ${show(theirs?.[1] ?? null)}`));
      }
      return [...found.values()];
    }),
  ];
}

function guessKind(type: string, own: string | null, cell: Cell, theirs: Cell): string | undefined {
  if (theirs === null)
    return own === null || own === ''
      ? undefined
      : type === 'string'
        ? 'a word is missing to pandas'
        : 'a value is missing to pandas';
  if (own === null) return 'missing, and a value to pandas';
  const [kind, text] = theirs;
  if (type === 'string') {
    if (kind === 'n')
      return digits(text) === digits(own)
        ? 'text, as written in several ways, and a number to pandas'
        : 'text, and a number of other digits to pandas';
    if (kind === 'b') return 'text, and a truth to pandas';
    if (kind === 't')
      return cell?.[0] === 't' || moment(own) === moment(text)
        ? 'text beside others, and a time to pandas'
        : 'text, and a time to pandas';
    return kind === 's' && own !== text ? 'another text' : undefined;
  }
  if (type === 'timestamp')
    return kind === 't'
      ? moment(own) === moment(text)
        ? undefined
        : 'another time'
      : 'a time, and a text to pandas';
  if (type === 'boolean') return kind === 'b' ? undefined : 'a truth, and something else to pandas';
  if (kind === 's') return 'a number, and a text to pandas';
  if (kind === 'b') return 'a number, and a truth to pandas';
  if (kind === 't') return 'a number, and a time to pandas';
  if (Number(own) !== Number(text))
    return type === 'number'
      ? 'the nearest double, which pandas misses'
      : 'a number whose digits pandas loses';
  return type === 'integer' && digits(own) !== digits(text)
    ? 'a number whose digits pandas loses'
    : undefined;
}
