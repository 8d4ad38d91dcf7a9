import process from 'node:process';

/**
 * Ends quietly when whoever read the output has gone (`trestle data list | head -1`). What was to be written is already
 * done and durable by then; only its picture is lost.
 */
export function endOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
      throw error;
    });
  }
}
