import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Context, isErrorKind, isRecord, TrestleError } from '@trestle/kernel';
import { putArtifactFile } from '../artifacts.ts';
import type { Envelope, Receipt } from '../live/message.ts';
import { receive } from '../live/receive.ts';
import { fileState } from '../live/receive-file.ts';
import { MAX_PART_BYTES } from '../live/routes.ts';
import { trackingError } from '../tracking-error.ts';

/** The file of an artifact, ready to be sent. */
export interface OutgoingFile {
  readonly run: string;
  readonly digest: string;
  readonly bytes: number;
  readonly path: string;
}

/** Where what a process tells of its run goes. */
export interface Target {
  send(envelope: Envelope): Promise<Receipt>;
  /** Sends what has not come of a file. @throws TRS_TRACKING_FILE_DIFFERS when it is not what it was */
  sendFile(file: OutgoingFile): Promise<void>;
}

/** A project on this machine. */
export const projectTarget = (ctx: Context): Target => ({
  send: (envelope) => receive(ctx, envelope),
  async sendFile(file) {
    if ((await fileState(ctx, file)).isWhole) return;
    const kept = await putArtifactFile(ctx, file.path);
    if (kept.digest !== file.digest) throw differs(file);
  },
});

const differs = ({ digest }: OutgoingFile) =>
  trackingError('FILE_DIFFERS', {
    kind: 'invalid',
    message: 'The copy of the file is not what it was when it was logged.',
    hint: 'The disk may be damaged; log it again.',
    details: { promised: digest },
  });

/** A server, which may be away: then what is thrown is of the kind `unavailable`. */
export function serverTarget(url: string, token: string | undefined): Target {
  const base = new URL(url.endsWith('/') ? url : `${url}/`);
  const ask = async (path: string, init: RequestInit): Promise<unknown> => {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const signal = AbortSignal.timeout(ANSWER_MS);
    const response = await fetch(new URL(path, base), { ...init, headers, signal, redirect: 'error' }).catch(
      (cause: unknown) => {
        throw trackingError('SERVER_AWAY', {
          kind: 'unavailable',
          message: `The server at ${base.origin} does not answer.`,
          hint: 'Is "trestle serve" running there? What was logged is kept, and sent later.',
          cause,
        });
      },
    );
    const body: unknown = await response.json().catch(() => undefined);
    if (response.ok) return body;
    throw errorOf(base, response.status, body);
  };
  return {
    async send(envelope) {
      const body = await ask('v1/runs', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(envelope),
      });
      const { received, refused } = isRecord(body) ? body : {};
      if (typeof received !== 'number' || !Array.isArray(refused)) throw errorOf(base, 200, body);
      return { received, refused };
    },
    async sendFile({ run, digest, bytes, path }) {
      const place = `v1/runs/${encodeURIComponent(run)}/files/${digest}?bytes=${bytes}`;
      let state = stateIn(await ask(place, { method: 'GET' }));
      const file = await open(path, 'r');
      try {
        const buffer = Buffer.allocUnsafe(Math.min(MAX_PART_BYTES, bytes));
        while (!state.isWhole) {
          const { bytesRead } = await file.read(buffer, 0, buffer.length, state.offset);
          state = stateIn(
            await ask(`${place}&offset=${state.offset}`, {
              method: 'PUT',
              headers: { 'content-type': 'application/octet-stream' },
              body: buffer.subarray(0, bytesRead),
            }),
          );
        }
      } finally {
        await file.close();
      }
    },
  };
}

/** A part of a file may take so long on a slow line. */
const ANSWER_MS = 120_000;

function stateIn(body: unknown): { readonly offset: number; readonly isWhole: boolean } {
  const { offset, isWhole } = isRecord(body) ? body : {};
  if (typeof offset === 'number' && typeof isWhole === 'boolean') return { offset, isWhole };
  throw trackingError('SERVER_ANSWER', {
    kind: 'failed',
    message: 'The answer of the server is none of a Trestle server that takes runs.',
    hint: 'Check the address, and that the server is as new as this package.',
  });
}

/** The error that it was on the server; whatever answers otherwise is no such server, or one that is away. */
function errorOf(base: URL, status: number, body: unknown): TrestleError {
  const { code, title, detail, hint } = isRecord(body) ? body : {};
  if (typeof code === 'string' && typeof detail === 'string')
    return new TrestleError(code, {
      kind: isErrorKind(title) ? title : 'failed',
      message: detail,
      hint: typeof hint === 'string' ? hint : undefined,
    });
  return trackingError('SERVER_ANSWER', {
    kind: status >= 500 || status === 429 ? 'unavailable' : 'failed',
    message: `${base.origin} answers with ${status}, and not as a Trestle server that takes runs.`,
    hint: 'Check the address, and that the server is as new as this package.',
  });
}

/** SHA-256 and size of a file. */
export async function measureFile(
  path: string,
): Promise<{ readonly digest: string; readonly bytes: number }> {
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const part of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    hash.update(part);
    bytes += part.length;
  }
  return { digest: hash.digest('hex'), bytes };
}
