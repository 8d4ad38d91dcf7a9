import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Context } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { engineMessage, inWords } from '@trestle/tables';
import type { z } from 'zod';
import { dataConfig } from '../config/data-config.ts';
import { dataError } from '../data-error.ts';
import { partFiles } from '../version/version-relation.ts';
import { readManifest, resolveVersion } from '../version/versions.ts';
import { queryGateToken } from './query-gate.ts';
import { answeredSchema, judgedSchema, type QueryResult, type ToQuery } from './query-messages.ts';

/** What an answer may weigh as JSON; it is one message to the caller. */
const MAX_RESULT_BYTES = 32 * 2 ** 20;

/**
 * Runs one read-only query over versions, as tables by their names, in a process that can be killed: it sees the files of
 * the versions that it names, and nothing else.
 *
 * @throws TRS_DATA_QUERY_REFUSED, TRS_DATA_QUERY_FAILED, TRS_DATA_QUERY_TIMEOUT, TRS_DATA_QUERY_MEMORY, TRS_DATA_QUERY_BUSY,
 *   TRS_DATA_UNKNOWN_DATASET, TRS_DATA_UNKNOWN_VERSION
 */
export async function runQuery(
  ctx: Context,
  input: { readonly sql: string; readonly limit: number },
): Promise<QueryResult> {
  const gate = await ctx.service(queryGateToken);
  return await gate.through(async () => {
    const workspace = await (await ctx.service(blobsToken)).workspace();
    const child = start();
    const { timeoutMs } = ctx.config(dataConfig).query;
    let isLate = false;
    const kill = (): void => void child.kill('SIGKILL');
    const timer = setTimeout(() => {
      isLate = true;
      kill();
    }, timeoutMs);
    ctx.signal.addEventListener('abort', kill);
    try {
      ctx.signal.throwIfAborted();
      return await converse(ctx, child, input, workspace.dir);
    } catch (cause) {
      ctx.signal.throwIfAborted();
      throw isLate ? tooLong(timeoutMs) : cause;
    } finally {
      clearTimeout(timer);
      ctx.signal.removeEventListener('abort', kill);
      kill();
      await workspace.remove();
    }
  });
}

/** A bare process: no environment, and no input of ours but its messages. */
function start(): ChildProcess {
  // The built file also when this one runs from source.
  const path = fileURLToPath(import.meta.resolve('@trestle/plugin-data/query-process'));
  const { SystemRoot } = process.env;
  return fork(path, [], {
    env: SystemRoot === undefined ? {} : { SystemRoot },
    execArgv: ['--max-old-space-size=512'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  });
}

async function converse(
  ctx: Context,
  child: ChildProcess,
  { sql, limit }: { readonly sql: string; readonly limit: number },
  spillDir: string,
): Promise<QueryResult> {
  const { memoryMiB, timeoutMs: _, concurrency: __, ...rest } = ctx.config(dataConfig).query;
  const judged = await ask(child, { kind: 'judge', sql, memoryMiB, ...rest }, judgedSchema);
  if (judged.kind === 'refused') {
    throw dataError('QUERY_REFUSED', {
      kind: 'invalid',
      message: `The query holds ${judged.what}.`,
      hint: judged.hint,
      details: { what: judged.what },
    });
  }
  if (judged.kind !== 'tables') throw failed(judged, memoryMiB);
  const tables = [];
  for (const name of judged.names) {
    const version = await resolveVersion(ctx, name);
    tables.push({ name, files: await partFiles(ctx, await readManifest(ctx, version.digest)) });
  }
  const answered = await ask(
    child,
    { kind: 'run', tables, limit, maxBytes: MAX_RESULT_BYTES, spillDir },
    answeredSchema,
  );
  if (answered.kind !== 'answered') throw failed(answered, memoryMiB);
  const { kind: _kind, ...result } = answered;
  return result;
}

async function ask<T extends z.ZodType>(
  child: ChildProcess,
  message: ToQuery,
  schema: T,
): Promise<z.output<T>> {
  const gone = new AbortController();
  try {
    const answer = once(child, 'message', { signal: gone.signal });
    const end = once(child, 'exit', { signal: gone.signal }).then(([code, signal]) => {
      throw dataError('QUERY_FAILED', {
        kind: 'failed',
        message: `The process of the query ended (${signal ?? `exit code ${code}`}).`,
        hint: 'It may have needed more memory than it is given; ask for less at once.',
      });
    });
    child.send(message);
    const [first] = await Promise.race([answer, end]);
    return schema.parse(first);
  } finally {
    gone.abort();
  }
}

function failed(
  { kind, message }: { readonly kind: 'failed' | 'memory'; readonly message: string },
  memoryMiB: number,
) {
  if (kind === 'memory') return tooMuch(memoryMiB);
  const said = engineMessage(message);
  return dataError('QUERY_FAILED', {
    kind: 'invalid',
    message: `The query cannot be run: ${inWords(said)}.`,
    hint: said.hint ?? 'See "trestle data show NAME" for its columns.',
    details: { ...said.place },
  });
}

const tooLong = (timeoutMs: number) =>
  dataError('QUERY_TIMEOUT', {
    kind: 'refused',
    message: `The query took longer than ${timeoutMs / 1_000} s, and was ended.`,
    hint: 'Ask for less, or raise data.query.timeoutMs.',
    details: { timeoutMs },
  });

const tooMuch = (memoryMiB: number) =>
  dataError('QUERY_MEMORY', {
    kind: 'too-large',
    message: `The query needs more than the ${memoryMiB} MiB that it may use.`,
    hint: 'Ask for less at once, or raise data.query.memoryMiB.',
    details: { memoryMiB },
  });
