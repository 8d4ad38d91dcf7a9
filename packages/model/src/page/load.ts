import type { Feed, ValueData, ValueInfo } from '@trestle/onnx';
import type { Row } from '../check-rows.ts';
import type { Feature } from '../metadata.ts';
import type { Prediction, Verification } from '../model.ts';
import type { TextPiece } from '../text/generate.ts';
import { MODEL_CACHE, type Progress } from './download.ts';
import type { Failure, Method, Opened, Reply, Request } from './messages.ts';

export { MODEL_CACHE, type Progress };

export interface LoadOptions {
  /** SHA-256 in hex, as `trestle model show` prints it: any other file is refused, and this one is kept in the Cache API. */
  readonly digest?: string;
  /** Whether a file that is named by its digest is kept; it is if nothing is said. */
  readonly cache?: boolean;
  /** Where large work is done: if nothing is said, on the GPU where there is a real one, or else on the CPU. */
  readonly device?: 'wasm' | 'webgpu';
  /** Called while the file comes. */
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the download, and with it the worker. */
  readonly signal?: AbortSignal;
  /** A file with more bytes is refused: 2 GiB if nothing is said. */
  readonly maxBytes?: number;
}

/** A model that is open in a worker of the page. */
export interface PageModel {
  readonly digest: string;
  /** Markdown; empty where there is none. */
  readonly card: string;
  readonly features: readonly Feature[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** @throws TRS_MODEL_ROW_INVALID naming the row, the field and the reason */
  predict(rows: readonly Row[]): Promise<readonly Prediction[]>;
  /** Writes a text on, piece by piece; undefined of a model that does not write. Leaving the loop stops it. */
  readonly generate: ((row: Row) => AsyncGenerator<TextPiece>) | undefined;
  /** Tensors in, tensors out, as the graph has them. */
  run(feeds: Readonly<Record<string, Feed>>): Promise<Readonly<Record<string, ValueData>>>;
  /** Replays the golden examples. */
  verify(): Promise<Verification>;
  /** Ends the worker; what is still being computed is refused. */
  close(): void;
}

/** What a call waits for. */
interface Waiting {
  readonly settle: (value: unknown) => void;
  readonly refuse: (reason: unknown) => void;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly onPiece?: ((piece: TextPiece) => void) | undefined;
}

const MAX_BYTES = 2 ** 31;

/**
 * Loads a model package, or an ONNX file, into a worker of the page, which downloads it, checks it, and computes; the page never
 * waits for it. WebAssembly threads are used where the page is isolated, a GPU where there is one.
 *
 * @throws TRS_MODEL_DOWNLOAD, TRS_MODEL_DIGEST, TRS_CORE_DEVICE_UNAVAILABLE, TRS_ONNX_…, TRS_MODEL_METADATA, TRS_MODEL_TOKENIZER, and the reason of the signal
 */
export async function load(url: string | URL, options: LoadOptions = {}): Promise<PageModel> {
  const { digest, cache = true, device, onProgress, signal, maxBytes = MAX_BYTES } = options;
  signal?.throwIfAborted();
  const worker = new Worker(new URL('./model-worker.js', import.meta.url), { type: 'module' });
  const waiting = new Map<number, Waiting>();
  let [count, reasonToEnd]: [number, unknown] = [0, undefined];

  const end = (reason: unknown): void => {
    reasonToEnd ??= reason;
    worker.terminate();
    for (const { refuse } of waiting.values()) refuse(reasonToEnd);
    waiting.clear();
  };
  worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
    const call = waiting.get(data.id);
    if (!call) return;
    if ('progress' in data) call.onProgress?.(data.progress);
    // What a piece is, its worker has made.
    else if ('piece' in data) call.onPiece?.(data.piece as TextPiece);
    else {
      waiting.delete(data.id);
      if ('failure' in data) call.refuse(errorOf(data.failure));
      else call.settle(data.value);
    }
  });
  worker.addEventListener('error', ({ message }) =>
    end(new Error(`The worker of the model has ended: ${message || 'it could not be started'}.`)),
  );

  const send = <T>(request: (id: number) => Request, hooks: Partial<Waiting> = {}): Promise<T> =>
    new Promise((settle, refuse) => {
      if (reasonToEnd !== undefined) return refuse(reasonToEnd);
      const id = count++;
      // Each method of the worker answers with what its method here says.
      waiting.set(id, { ...hooks, settle: settle as (value: unknown) => void, refuse });
      worker.postMessage(request(id));
    });
  const call = <T>(method: Method, argument: unknown, hooks?: Partial<Waiting>): Promise<T> =>
    send((id) => ({ id, method, argument }), hooks);

  const onAbort = (): void => end(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const source = { url: new URL(url, location.href).href, digest: digest?.toLowerCase(), cache, maxBytes };
    const { isWriting, ...opened } = await send<Opened>((id) => ({ id, open: source, device }), {
      onProgress,
    });
    return {
      ...opened,
      predict: (rows) => call('predict', rows),
      run: (feeds) => call('run', feeds),
      verify: () => call('verify', undefined),
      generate: isWriting ? (row) => pieces(row, call, () => count) : undefined,
      close: () => end(new DOMException('The model is closed.', 'AbortError')),
    };
  } catch (thrown) {
    end(thrown);
    throw thrown;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Pieces of a text as they come; who leaves the loop stops the writing. */
async function* pieces(
  row: Row,
  call: <T>(method: Method, argument: unknown, hooks?: Partial<Waiting>) => Promise<T>,
  nextId: () => number,
): AsyncGenerator<TextPiece> {
  const ready: TextPiece[] = [];
  let wake = (): void => {};
  let isDone = false;
  const id = nextId();
  const onPiece = (piece: TextPiece): void => {
    ready.push(piece);
    wake();
  };
  const written = call<undefined>('generate', row, { onPiece }).finally(() => {
    isDone = true;
    wake();
  });
  // Its refusal is thrown below, when the pieces before it are read.
  written.catch(() => {});
  try {
    while (true) {
      const piece = ready.shift();
      if (piece) yield piece;
      else if (isDone) break;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
    await written;
  } finally {
    if (!isDone) await call('stop', id);
  }
}

/** As it was thrown in the worker, but for its class. */
function errorOf({ name, message, code, hint, details }: Failure): Error {
  return Object.assign(new Error(message), { name, ...(code && { code, hint, details }) });
}
