import { isUtf8 } from 'node:buffer';
import { randomFillSync } from 'node:crypto';
import { type Deployment, predictionLogToken } from '@trestle/contracts';
import { type ErrorKind, type Scope, toTrestleError } from '@trestle/kernel';
import type { Prediction } from '@trestle/model';
import type { Asked, Replied } from '../exchange/asked.ts';
import type { TextCaller } from '../inference/inference-pool.ts';
import { inferencePoolToken } from '../inference/inference-pool-token.ts';
import { servingError } from '../serving-error.ts';
import { type Assigned, answerWatched } from '../traffic/watched.ts';

/** A body that is no longer crosses to the thread of the model as text. */
const SHORT_BYTES = 8_192;
/** What Node reads from a socket at once: a body that lies in more memory than this lies there alone. */
const READ_BYTES = 65_536;

const ID_BYTES = 6;
const random = Buffer.alloc(ID_BYTES * 512);
let drawn = random.length;

/** `p-`, the millisecond and 48 random bits: what comes later sorts later, so that the log grows at its end. */
export function newPredictionId(): string {
  if (drawn === random.length) {
    randomFillSync(random);
    drawn = 0;
  }
  drawn += ID_BYTES;
  return `p-${Date.now().toString(16).padStart(12, '0')}${random.toString('hex', drawn - ID_BYTES, drawn)}`;
}

/**
 * The body of a request as it crosses to the thread of the model.
 *
 * @param isText whether all of it is JSON
 */
export function bodyOf(bytes: Uint8Array, isText = true): Asked['body'] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (isText && bytes.length <= SHORT_BYTES && isUtf8(buffer)) return buffer.toString('utf8');
  // Not of memory that is shared with others, or of the caller's own.
  return bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength > READ_BYTES
    ? (bytes as Uint8Array<ArrayBuffer>)
    : new Uint8Array(bytes);
}

export const TIMEOUT_HEADER = 'x-request-timeout';

/**
 * How long a caller waits: `250`, `250ms` or `2s`.
 *
 * @throws TRS_SERVING_TIMEOUT_HEADER
 */
export function ownTime(header: string | null): Pick<Asked, 'timeoutMs'> {
  if (header === null) return {};
  const [, amount, unit] = /^(\d{1,7}(?:\.\d{1,3})?) ?(ms|s)?$/.exec(header.trim()) ?? [];
  const timeoutMs = Number(amount) * (unit === 's' ? 1_000 : 1);
  if (timeoutMs > 0 && timeoutMs < 2 ** 31) return { timeoutMs };
  throw servingError('TIMEOUT_HEADER', {
    kind: 'usage',
    message: `${TIMEOUT_HEADER} is "${header.slice(0, 40)}", which is no time.`,
    hint: 'Give milliseconds (250, 250ms) or seconds (2s).',
  });
}

/**
 * Answers a request with the version that it was assigned to, and logs what was asked and answered.
 *
 * @param caller reads the text while it is written, of a model that writes one
 * @throws TRS_MODEL_ROW_INVALID, TRS_SERVING_…
 */
export async function answerRequest(
  scope: Scope,
  assigned: Assigned,
  request: Pick<Asked, 'form' | 'body' | 'headerBytes' | 'timeoutMs'>,
  caller?: TextCaller,
): Promise<Replied> {
  const startedAt = performance.now();
  const pool = await scope.service(inferencePoolToken);
  const { deployment, watched } = assigned;
  const { name, version } = deployment.model;
  const id = newPredictionId();
  // Bytes are handed over to the thread of the champion: whoever is asked besides needs their own.
  const copied =
    watched?.mirror && typeof request.body !== 'string' ? new Uint8Array(request.body) : undefined;
  const ask = async ({ model, executor }: Deployment): Promise<Replied> => {
    const asked: Asked = {
      ...request,
      ...(copied && model !== deployment.model ? { body: copied } : {}),
      id,
      deployment: deployment.deployment,
      model: { name: model.name, version: model.version },
    };
    // Who is asked besides is read by nobody.
    return caller && model === deployment.model
      ? await pool.write(model.digest, asked, caller, executor)
      : await pool.answer(model.digest, asked, executor);
  };
  const reply = await answerWatched(assigned, ask, firstOutput).catch(async (thrown: unknown) => {
    const { kind, code } = toTrestleError(thrown);
    if (OURS.includes(kind)) {
      const log = await scope.service(predictionLogToken);
      log.fail({ deployment: deployment.deployment, model: { name, version }, code });
    }
    throw thrown;
  });
  const { logged } = reply;
  if (logged) {
    const log = await scope.service(predictionLogToken);
    log.append({
      id,
      deployment: deployment.deployment,
      revision: deployment.revision,
      model: { name, version },
      time: new Date().toISOString(),
      latencyMs: performance.now() - startedAt,
      ...logged,
    });
  }
  return reply;
}

/** Failures that the caller could not have prevented by asking otherwise. */
const OURS: readonly ErrorKind[] = ['failed', 'unavailable', 'overloaded'];

/** Answers that are longer are not looked into: what they cost to read would be waited for by others. */
const LONGEST_READ = 2 ** 16;

/** What was said of the first row. */
function firstOutput({ logged }: Replied): Prediction | undefined {
  if (!logged || logged.outputs.length > LONGEST_READ) return undefined;
  const outputs: readonly Prediction[] = JSON.parse(logged.outputs);
  return outputs[0];
}
