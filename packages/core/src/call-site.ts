/** Where this package lies: `dist`, or `src` in its own tests. */
const HERE = import.meta.url.slice(0, import.meta.url.lastIndexOf('/') + 1);
const FILE = HERE.replace('file://', '');

/** Other packages of ours that build on this one: the user's own line is what helps. */
const OURS = /[\\/](@trestle|packages)[\\/](core|nn|onnx|model)[\\/](src|dist)[\\/]/;

/** Frames that are looked through: V8 keeps ten, and layers of ours may be as many. */
const DEPTH = 64;

function stackHere(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = DEPTH;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return stack;
}

/**
 * The first frame of the stack outside this package, as `file:line:column`; undefined where there is none, as in a bundle, where
 * everything is one file.
 */
export function callSite(): string | undefined {
  const frames = stackHere()
    .split('\n')
    .filter((line) => /:\d+:\d+\)?$/.test(line));
  const outside = frames.find((frame) => {
    const isTest = /\.test\.[jt]s[:?]/.test(frame);
    const isOurs = frame.includes(HERE) || frame.includes(FILE) || OURS.test(frame);
    return (isTest || !isOurs) && !frame.includes('node:internal');
  });
  return outside?.match(/(?:\(|at )(?:async )?(?:file:\/\/)?([^()]+:\d+:\d+)\)?$/)?.[1];
}
