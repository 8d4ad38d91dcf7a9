import process from 'node:process';

/**
 * A signal that Ctrl-C and SIGTERM abort. A second Ctrl-C ends the process at once; what is half-done was never
 * committed, so that is safe.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort(new DOMException(`Interrupted (${name}).`, 'AbortError'));
    });
  }
  return controller.signal;
}
