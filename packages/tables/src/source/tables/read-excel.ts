import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { safeExtract } from '@trestle/kernel';
import { dataError } from '../../data-error.ts';
import type { ReadContext, SourceRequest } from '../source.ts';
import type { OpenedRows } from './opened-rows.ts';
import { readSheet, readWorkbook, type Sheet, type SheetRow, type Workbook } from './workbook.ts';

/** A sheet is read at once, so what it may hold is bounded. */
const MAX_SHEET_BYTES = 512 * 2 ** 20;

/** A sheet of an Excel file; its first row names the columns. @throws TRS_DATA_EXCEL, TRS_DATA_SHEET */
export async function readExcel(
  _ctx: ReadContext,
  { address: path, shown, dir, told: { sheet, header } }: SourceRequest,
): Promise<OpenedRows> {
  const parts = await mkdtemp(join(dir, 'sheet-'));
  try {
    // An .xlsx is a .zip: what it expands to is measured.
    const extracted = join(parts, 'parts');
    await safeExtract(path, extracted, { maxTotalBytes: MAX_SHEET_BYTES });
    const broken = (cause: unknown): never => {
      throw dataError('EXCEL', {
        kind: 'invalid',
        message: `"${shown}" cannot be read as an Excel file: ${cause instanceof Error ? cause.message : cause}.`,
        hint: 'Save it as .xlsx, or export the sheet as CSV.',
        cause,
      });
    };
    const workbook = await readWorkbook(extracted).catch(broken);
    const found = chosenSheet(workbook, sheet, shown);
    return tableOf(
      found.name,
      await readSheet(extracted, found.path, workbook).catch(broken),
      header !== 'no',
    );
  } finally {
    await rm(parts, { recursive: true, force: true });
  }
}

function chosenSheet({ sheets }: Workbook, sheet: string | undefined, shown: string) {
  const found = sheet === undefined ? sheets[0] : sheets.find((one) => one.name === sheet);
  if (found && (sheet !== undefined || sheets.length === 1)) return found;
  const names = sheets.map((one) => one.name);
  throw dataError('SHEET', {
    kind: 'invalid',
    message:
      sheet === undefined ? `"${shown}" has ${sheets.length} sheets.` : `"${shown}" has no sheet "${sheet}".`,
    hint: `Name one with --sheet: ${names.join(', ')}.`,
    details: { sheets: names },
  });
}

function tableOf(sheet: string, found: Sheet, hasHeader: boolean): OpenedRows {
  const all = found.rows;
  const [first, ...rest] = all;
  if (!first) return { kind: 'rows', names: [], rows: [] };
  const width = all.reduce((most, { cells }) => Math.max(most, cells.length), 0);
  const rows = hasHeader ? rest : all;
  const names = Array.from({ length: width }, (_, index) => {
    if (!hasHeader) return `column${index + 1}`;
    const cell = first.cells[index];
    return cell === undefined || cell === null ? '' : String(cell);
  });
  // What has neither a name nor a value is beside the table.
  const kept = [...names.keys()].filter(
    (index) => names[index] !== '' || rows.some(({ cells }) => cells[index] !== undefined),
  );
  return {
    kind: 'rows',
    names: kept.map((index) => names[index] ?? ''),
    rows: rows.map(({ cells }) => kept.map((index) => cells[index])),
    places: rows.map(({ number }) => number),
    notes: [...emptyRows(sheet, all), ...missingCells(sheet, found)],
  };
}

/** Rows between others that hold nothing: a sheet does not say whether they are some of which everything is missing. */
function emptyRows(sheet: string, all: readonly SheetRow[]): readonly string[] {
  let [count, first] = [0, 0];
  for (const [index, { number }] of all.entries()) {
    const between = number - (all[index - 1]?.number ?? number - 1) - 1;
    if (between > 0 && count === 0) first = number - between;
    count += between;
  }
  return count === 0
    ? []
    : [
        `${count} ${count === 1 ? 'row' : 'rows'} of the sheet "${sheet}" that hold nothing ${count === 1 ? 'is' : 'are'} left out, the first row ${first}.`,
      ];
}

/** Cells that show something in a program for sheets, and hold nothing in the file. */
function missingCells(sheet: string, { uncomputed: { count, first }, merged }: Sheet): readonly string[] {
  const notes: string[] = [];
  if (count > 0)
    notes.push(
      `${count} ${count === 1 ? 'cell' : 'cells'} of the sheet "${sheet}" (${first}${count === 1 ? '' : ', …'}) ${count === 1 ? 'holds a formula' : 'hold formulas'} without a value, and ${count === 1 ? 'is' : 'are'} missing. Open it in a program that computes them, and save it.`,
    );
  if (merged.length > 0)
    notes.push(
      `The sheet "${sheet}" has merged cells (${merged.slice(0, 3).join(', ')}${merged.length > 3 ? ', …' : ''}): the first of each holds the value, the others are missing.`,
    );
  return notes;
}
