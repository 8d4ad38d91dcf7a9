import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { invariant } from '@trestle/kernel';
import { z } from 'zod';
import { type Message, messageSchema, RUN_ID } from '../live/message.ts';

/** A file of messages is ended at this size, and removed when all of it has arrived. */
const SEGMENT_BYTES = 16 * 2 ** 20;
/** What is read at once is sent at once: with its envelope it stays below what a server takes. */
const READ_BYTES = 4 * 2 ** 20;
const READ_MESSAGES = 500;

const headSchema = z.object({
  run: z.string().regex(RUN_ID),
  writer: z.string(),
  /** Where it goes: a project's folder, or a server. */
  target: z.union([z.object({ project: z.string() }), z.object({ server: z.string() })]),
  pid: z.number(),
  host: z.string(),
});
export type OutboxHead = z.infer<typeof headSchema>;
export type TargetName = OutboxHead['target'];

/** A message as it is kept: of an artifact also where the copy of its file lies. */
const keptSchema = z.intersection(messageSchema, z.object({ file: z.string().optional() }));
export type KeptMessage = Message & { readonly file?: string | undefined };

/** What one process tells of one run, on the disk until it has arrived: a folder with files of a message a line. */
export interface Outbox extends OutboxHead {
  readonly dir: string;
  /** Keeps messages; when it returns, they survive a power cut. */
  append(messages: readonly KeptMessage[]): void;
  /** The next messages that have not arrived, in order. */
  next(): readonly { readonly sequence: number; readonly message: KeptMessage }[];
  /** All messages up to this one have arrived. */
  arrived(sequence: number): void;
  /** Whether messages are left. */
  hasMore(): boolean;
  /** A path for the copy of a file, unused so far. */
  newFile(): string;
  remove(): void;
}

export function createOutbox(root: string, run: string, target: TargetName): Outbox {
  const head = { run, writer: randomBytes(8).toString('hex'), target, pid: process.pid, host: hostname() };
  const dir = join(root, `${run}.${head.writer}`);
  mkdirSync(join(dir, 'files'), { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, 'head.json'), JSON.stringify(head), { flush: true });
  syncFolder(dir);
  syncFolder(root);
  return outboxIn(dir, head);
}

/** What earlier processes left: of each whose process is gone its outbox. */
export function leftOutboxes(root: string): readonly Outbox[] {
  if (!existsSync(root)) return [];
  return readdirSync(root).flatMap((name) => {
    const dir = join(root, name);
    const head = headIn(dir);
    return head === undefined || isThere(head) ? [] : [outboxIn(dir, head)];
  });
}

function headIn(dir: string): OutboxHead | undefined {
  try {
    return headSchema.safeParse(JSON.parse(readFileSync(join(dir, 'head.json'), 'utf8'))).data;
  } catch {
    // Killed before it had told anything.
    return undefined;
  }
}

/** Whether its process runs; of one on another machine nobody here knows, so it is left alone. */
function isThere({ pid, host }: OutboxHead): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
}

const syncFolder = (dir: string): void => {
  const handle = openSync(dir, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

interface Segment {
  readonly first: number;
  readonly path: string;
}

const segmentsIn = (dir: string): readonly Segment[] =>
  readdirSync(dir)
    .filter((name) => /^\d{10}\.jsonl$/.test(name))
    .sort()
    .map((name) => ({ first: Number.parseInt(name, 10), path: join(dir, name) }));

function outboxIn(dir: string, head: OutboxHead): Outbox {
  let appended = 0;
  let files = 0;
  let writing: { readonly handle: number; bytes: number } | undefined;
  const [oldest] = segmentsIn(dir);
  /** Where the next message that has not arrived stands. */
  let place = { sequence: oldest?.first ?? 1, segment: oldest?.first ?? 1, offset: 0 };
  /** Where each message ends that was read and has not arrived. */
  const ends = new Map<number, number>();

  const newSegment = () => {
    const name = `${String(appended + 1).padStart(10, '0')}.jsonl`;
    if (writing) closeSync(writing.handle);
    writing = { handle: openSync(join(dir, name), 'a', 0o600), bytes: 0 };
    syncFolder(dir);
    return writing;
  };

  /** The whole lines from the place on; a line that was cut off was never told to be kept. */
  const linesAt = (path: string, offset: number, bytes: number): Buffer => {
    const handle = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(bytes);
      const length = readSync(handle, buffer, 0, bytes, offset);
      const end = buffer.lastIndexOf('\n', length - 1) + 1;
      return end === 0 && length === bytes ? linesAt(path, offset, bytes * 2) : buffer.subarray(0, end);
    } finally {
      closeSync(handle);
    }
  };

  const next: Outbox['next'] = () => {
    for (;;) {
      const segment = segmentsIn(dir).find(({ first }) => first === place.segment);
      if (!segment) return [];
      const read: { sequence: number; message: KeptMessage }[] = [];
      const lines = linesAt(segment.path, place.offset, READ_BYTES);
      ends.clear();
      for (let from = 0; from < lines.length && read.length < READ_MESSAGES; ) {
        const to = lines.indexOf('\n', from) + 1;
        const sequence = place.sequence + read.length;
        read.push({ sequence, message: keptSchema.parse(JSON.parse(lines.toString('utf8', from, to))) });
        ends.set(sequence, place.offset + to);
        from = to;
      }
      if (read.length > 0) return read;
      const later = segmentsIn(dir).find(({ first }) => first > segment.first);
      if (later?.first !== place.sequence) return [];
      place = { sequence: later.first, segment: later.first, offset: 0 };
      rmSync(segment.path, { force: true });
    }
  };

  return {
    ...head,
    dir,
    next,
    append(messages) {
      const to = writing === undefined || writing.bytes > SEGMENT_BYTES ? newSegment() : writing;
      const text = messages.map((message) => `${JSON.stringify(message)}\n`).join('');
      const bytes = Buffer.from(text);
      try {
        for (let from = 0; from < bytes.length; ) from += writeSync(to.handle, bytes, from);
        fdatasyncSync(to.handle);
      } catch (thrown) {
        // On a full disk a part of a line may stand there: it is tried again whole.
        ftruncateSync(to.handle, to.bytes);
        throw thrown;
      }
      to.bytes += bytes.length;
      appended += messages.length;
    },
    arrived(sequence) {
      place = { ...place, sequence: sequence + 1, offset: invariant(ends.get(sequence), 'its end') };
    },
    hasMore: () => next().length > 0,
    newFile: () => join(dir, 'files', String(files++)),
    remove() {
      if (writing) closeSync(writing.handle);
      writing = undefined;
      rmSync(dir, { recursive: true, force: true });
      try {
        // An empty outbox is not left behind.
        rmdirSync(join(dir, '..'));
      } catch {
        // Others have something in it.
      }
    },
  };
}
