import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { safeExtract } from '@trestle/kernel';
import { dataError } from '../../data-error.ts';
import type { Rows } from '../spool-rows.ts';

/** A sheet is read at once, so what it may hold is bounded. */
const MAX_SHEET_BYTES = 512 * 2 ** 20;

/** A sheet of an Excel file; its first row names the columns. @throws TRS_DATA_EXCEL, TRS_DATA_SHEET */
export async function readExcel(
  path: string,
  shown: string,
  dir: string,
  sheet: string | undefined,
): Promise<Rows> {
  // An .xlsx is a .zip: what it expands to is measured before it is read.
  const measured = await mkdtemp(join(dir, 'sheet-'));
  try {
    await safeExtract(path, join(measured, 'parts'), { maxTotalBytes: MAX_SHEET_BYTES });
  } finally {
    await rm(measured, { recursive: true, force: true });
  }
  const { default: readSheets } = await import('read-excel-file/node');
  const sheets = await readSheets(path).catch((cause: unknown) => {
    throw dataError('EXCEL', {
      kind: 'invalid',
      message: `"${shown}" cannot be read as an Excel file: ${cause instanceof Error ? cause.message : cause}.`,
      hint: 'Save it as .xlsx, or export the sheet as CSV.',
      cause,
    });
  });
  const names = sheets.map((one) => one.sheet);
  const found = sheet === undefined ? sheets[0] : sheets.find((one) => one.sheet === sheet);
  if (!found || (sheet === undefined && sheets.length > 1)) {
    throw dataError('SHEET', {
      kind: 'invalid',
      message:
        sheet === undefined
          ? `"${shown}" has ${sheets.length} sheets.`
          : `"${shown}" has no sheet "${sheet}".`,
      hint: `Name one with --sheet: ${names.join(', ')}.`,
      details: { sheets: names },
    });
  }
  const [header = [], ...rows] = found.data;
  return { names: header.map((cell) => (cell === null ? '' : String(cell))), rows };
}
