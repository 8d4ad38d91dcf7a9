import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { invariant, isTrestleError } from '@trestle/kernel';
import type { Message, Receipt } from '../live/message.ts';
import type { KeptMessage, Outbox } from './outbox.ts';
import type { Target } from './target.ts';

/** What became of an outbox: how much of it arrived, and what could not be kept. */
export interface Delivered {
  readonly messages: number;
  readonly refused: Receipt['refused'];
}

/**
 * Sends all that has not arrived, files of artifacts first. What was sent twice, because an answer was lost or another process sends
 * it too, is kept once.
 *
 * @param isAlive whether the run's process is there, and this is it
 * @throws what the target throws; the rest stays, and is sent by the next call
 */
export async function deliver(outbox: Outbox, target: Target, isAlive: boolean): Promise<Delivered> {
  const refused: Receipt['refused'][number][] = [];
  let messages = 0;
  for (let batch = outbox.next(); batch.length > 0; batch = outbox.next()) {
    const sent: { sequence: number; message: Message }[] = [];
    const files: string[] = [];
    for (const { sequence, message } of batch) {
      sent.push({ sequence, message: await withoutFile(outbox, target, message) });
      if (message.file !== undefined) files.push(message.file);
    }
    const { run, writer } = outbox;
    const receipt = await target.send({ run, writer, isAlive, messages: sent });
    refused.push(...receipt.refused);
    outbox.arrived(invariant(batch.at(-1), 'the last of a batch').sequence);
    for (const file of files) rmSync(join(outbox.dir, 'files', file), { force: true });
    messages += batch.length;
  }
  return { messages, refused };
}

/** The message of an artifact when its file has arrived; one whose copy is damaged becomes a note of that. */
async function withoutFile(outbox: Outbox, target: Target, message: KeptMessage): Promise<Message> {
  const { file, ...told } = message;
  if (file === undefined || told.kind !== 'artifact') return told;
  const { digest, bytes, name } = told;
  try {
    await target.sendFile({ run: outbox.run, digest, bytes, path: join(outbox.dir, 'files', file) });
    return told;
  } catch (thrown) {
    if (!isTrestleError(thrown) || thrown.code !== 'TRS_TRACKING_FILE_DIFFERS') throw thrown;
    return { kind: 'note', text: `Not kept: the artifact "${name}": ${thrown.message}` };
  }
}
