import process from 'node:process';

let controller: AbortController | undefined;

/**
 * The signal that Ctrl-C and SIGTERM abort; the same one for whoever asks. A second Ctrl-C ends the process at once; what
 * is half-done was never committed, so that is safe.
 */
export function interruption(): AbortSignal {
  if (controller) return controller.signal;
  const made = new AbortController();
  controller = made;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (made.signal.aborted) process.exit(130);
      made.abort(new DOMException(`Interrupted (${name}).`, 'AbortError'));
    });
  }
  return made.signal;
}
