import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { walkXml } from '../walk-xml.ts';
import { builtInForm, formOf, type NumberForm, serialText } from './excel-time.ts';

export interface Workbook {
  readonly sheets: readonly { readonly name: string; readonly path: string }[];
  readonly strings: readonly string[];
  /** What the number of a cell stands for, by its style. */
  readonly forms: readonly NumberForm[];
  readonly is1904: boolean;
}

/** A row of a sheet with its number there. */
export interface SheetRow {
  readonly number: number;
  readonly cells: readonly unknown[];
}

const read = (dir: string, path: string): Promise<string> => readFile(join(dir, path), 'utf8');
const readIfThere = (dir: string, path: string): Promise<string | undefined> =>
  read(dir, path).catch(() => undefined);

/** What an extracted .xlsx says of all its sheets. */
export async function readWorkbook(dir: string): Promise<Workbook> {
  const root = 'xl/workbook.xml';
  const targets = new Map<string, string>();
  walkXml(await read(dir, 'xl/_rels/workbook.xml.rels'), {
    open: (name, { Id = '', Target = '' }) => {
      if (name === 'Relationship')
        targets.set(Id, Target.startsWith('/') ? Target.slice(1) : posix.join(posix.dirname(root), Target));
    },
  });
  const sheets: { name: string; path: string }[] = [];
  let is1904 = false;
  walkXml(await read(dir, root), {
    open: (tag, { name = '', id = '', date1904 }) => {
      if (tag === 'workbookPr') is1904 = date1904 === '1' || date1904 === 'true';
      const path = targets.get(id);
      if (tag === 'sheet' && path?.includes('worksheets/')) sheets.push({ name, path });
    },
  });
  const strings = stringsOf(await readIfThere(dir, 'xl/sharedStrings.xml'));
  return { sheets, strings, forms: formsOf(await readIfThere(dir, 'xl/styles.xml')), is1904 };
}

function stringsOf(xml: string | undefined): readonly string[] {
  const strings: string[] = [];
  let current = '';
  let isText = false;
  let isPhonetic = false;
  if (xml !== undefined)
    walkXml(xml, {
      open: (name) => {
        if (name === 'si') current = '';
        else if (name === 'rPh') isPhonetic = true;
        else if (name === 't') isText = !isPhonetic;
      },
      close: (name) => {
        if (name === 'si') strings.push(unescaped(current));
        else if (name === 'rPh') isPhonetic = false;
        else if (name === 't') isText = false;
      },
      text: (text) => {
        if (isText) current += text;
      },
    });
  return strings;
}

function formsOf(xml: string | undefined): readonly NumberForm[] {
  const codes = new Map<number, string>();
  const forms: NumberForm[] = [];
  let isCell = false;
  if (xml !== undefined)
    walkXml(xml, {
      open: (name, { numFmtId, formatCode }) => {
        const id = Number(numFmtId ?? 0);
        if (name === 'numFmt' && formatCode !== undefined) codes.set(id, formatCode);
        else if (name === 'cellXfs') isCell = true;
        else if (name === 'xf' && isCell) {
          const code = codes.get(id);
          forms.push(code === undefined ? builtInForm(id) : formOf(code));
        }
      },
      close: (name) => {
        if (name === 'cellXfs') isCell = false;
      },
    });
  return forms;
}

/** XML cannot hold some characters: _x000D_ stands for one (ECMA-376 part 1, 22.9.2.19). */
const unescaped = (text: string): string =>
  text.includes('_x')
    ? text.replaceAll(/_x([0-9A-Fa-f]{4})_/g, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      )
    : text;

/** The rows of a sheet that hold something. */
export interface Sheet {
  readonly rows: readonly SheetRow[];
  /** Cells whose formula nobody has computed, which are missing: how many there are, and the first (B3). */
  readonly uncomputed: { readonly count: number; readonly first: string };
  /** Ranges of merged cells, of which only the first holds a value. */
  readonly merged: readonly string[];
}

/** Reads a sheet. Numbers are exact; days and times are texts in ISO 8601. */
export async function readSheet(dir: string, path: string, workbook: Workbook): Promise<Sheet> {
  const rows: SheetRow[] = [];
  let number = 0;
  let cells: unknown[] = [];
  let column = 0;
  let cell: { type: string; style: number } = { type: 'n', style: 0 };
  let [value, inline]: [string | undefined, string | undefined] = [undefined, undefined];
  let into: 'value' | 'inline' | undefined;
  let isPhonetic = false;
  let place = '';
  let formula: string | undefined;
  const uncomputed = { count: 0, first: '' };
  const merged: string[] = [];
  walkXml(await read(dir, path), {
    open: (name, { r, t, s, ref }) => {
      if (name === 'row') {
        number = r === undefined ? number + 1 : Number(r);
        cells = [];
        column = -1;
      } else if (name === 'c') {
        column = r === undefined ? column + 1 : columnOf(r);
        cell = { type: t ?? 'n', style: Number(s ?? 0) };
        place = r ?? '';
        value = undefined;
        inline = undefined;
        formula = undefined;
      } else if (name === 'f') formula = place;
      else if (name === 'mergeCell' && ref !== undefined) merged.push(ref);
      else if (name === 'v') {
        into = 'value';
        value ??= '';
      } else if (name === 'rPh') isPhonetic = true;
      else if (name === 't' && !isPhonetic) {
        into = 'inline';
        inline ??= '';
      }
    },
    close: (name) => {
      if (name === 'v' || name === 't') into = undefined;
      else if (name === 'rPh') isPhonetic = false;
      else if (name === 'c') {
        const found = cellValue(cell, value, inline, workbook);
        if (found !== undefined) cells[column] = found;
        else if (formula !== undefined && cell.type !== 'str') {
          uncomputed.count++;
          uncomputed.first ||= formula;
        }
      } else if (name === 'row' && cells.length > 0) rows.push({ number, cells: Array.from(cells) });
    },
    text: (text) => {
      if (into === 'value') value += text;
      else if (into === 'inline') inline += text;
    },
  });
  return { rows, uncomputed, merged };
}

/** B of B3 is 1. */
function columnOf(reference: string): number {
  let column = 0;
  for (const letter of reference) {
    const place = letter.charCodeAt(0) - 64;
    if (place < 1 || place > 26) break;
    column = column * 26 + place;
  }
  return column - 1;
}

function cellValue(
  { type, style }: { readonly type: string; readonly style: number },
  value: string | undefined,
  inline: string | undefined,
  { strings, forms, is1904 }: Workbook,
): unknown {
  if (type === 'inlineStr') return inline === undefined ? undefined : unescaped(inline);
  if (value === undefined || (value === '' && type !== 'str')) return undefined;
  switch (type) {
    case 's':
      return strings[Number(value)];
    case 'str':
      return value === '' ? undefined : unescaped(value);
    case 'b':
      return value === '1' || value === 'true';
    case 'n': {
      const number = Number(value);
      const form = forms[style] ?? 'number';
      const time = form === 'number' ? undefined : serialText(number, form, is1904);
      if (time !== undefined) return time;
      // Some write all digits of a whole number, which a double would round.
      if (/^-?[1-9]\d{15,307}$/.test(value)) return BigInt(value);
      if (!Number.isFinite(number)) return value;
      return Number.isSafeInteger(number) && !Object.is(number, -0) ? BigInt(number) : number;
    }
    // An error such as #N/A, or a day in ISO 8601.
    default:
      return value;
  }
}
