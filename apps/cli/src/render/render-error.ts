import process from 'node:process';
import { errorDocument, type TrestleError } from '@trestle/kernel';
import { styleFor } from './style.ts';

/** Prints an error: as JSON on standard output, or for a person on standard error. */
export function renderError(error: TrestleError, asJson: boolean): void {
  if (asJson) {
    process.stdout.write(`${JSON.stringify({ error: errorDocument(error) }, null, 2)}\n`);
  } else {
    const style = styleFor(process.stderr);
    process.stderr.write(`${style('red', '✗')} ${error.message}\n`);
    if (error.hint) process.stderr.write(`  ${error.hint}\n`);
    process.stderr.write(`  ${style('dim', error.code)}\n`);
  }
  if (Number(process.env.TRESTLE_DEBUG ?? 0) >= 1) {
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
      process.stderr.write(`${cause.stack}\n`);
  }
}
