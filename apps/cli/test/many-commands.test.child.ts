// Runs many command lines in one process, one after the other, and tells how each ended: a start per command costs a third of a second.

import process from 'node:process';
import { text } from 'node:stream/consumers';
import { main } from '../dist/main.js';

const lines: readonly { readonly args: readonly string[]; readonly cwd: string }[] = JSON.parse(
  await text(process.stdin),
);
const tell = process.stdout.write.bind(process.stdout);

/** What is written to a stream meanwhile. */
function listen(stream: NodeJS.WriteStream): () => string {
  const write = stream.write;
  let heard = '';
  stream.write = (piece: string | Uint8Array): boolean => {
    heard += typeof piece === 'string' ? piece : Buffer.from(piece).toString();
    return true;
  };
  return () => {
    stream.write = write;
    return heard;
  };
}

for (const { args, cwd } of lines) {
  process.chdir(cwd);
  process.exitCode = undefined;
  const [stdout, stderr] = [listen(process.stdout), listen(process.stderr)];
  const code = await main(args);
  tell(`${JSON.stringify({ code, stdout: stdout(), stderr: stderr() })}\n`);
}
process.exitCode = 0;
