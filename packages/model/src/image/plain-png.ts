import { imageProblem } from './image-problem.ts';

/** What the pixels are made of. Everything else (profiles, texts, animations) is not looked at: some of it is compressed too. */
const NEEDED: ReadonlySet<string> = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * A PNG with nothing in it but its pixels, of which it is certain how much they expand to: a few bytes can be made to fill
 * the memory, and a decoder finds out too late.
 *
 * @throws TRS_MODEL_IMAGE when it is cut off, or expands to more than its header says
 */
export async function plainPng(bytes: Uint8Array): Promise<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [bytes.subarray(0, 8)];
  const pixels: Uint8Array[] = [];
  let isEnded = false;
  for (let at = 8; at + 12 <= bytes.length && !isEnded; ) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > bytes.length) throw imageProblem('it is cut off');
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (NEEDED.has(type)) kept.push(bytes.subarray(at, end));
    if (type === 'IDAT') pixels.push(bytes.subarray(at + 8, end - 4));
    isEnded = type === 'IEND';
    at = end;
  }
  if (!isEnded || pixels.length === 0) throw imageProblem('it is cut off');
  const most = expandedSize(view);
  if ((await expandsTo(pixels, most)) > most) throw imageProblem('it expands to more than its size');
  return joined(kept);
}

/** A byte in front of each line; interlaced, there are not quite twice as many lines. */
function expandedSize(view: DataView): number {
  const [width, height, depth] = [view.getUint32(16), view.getUint32(20), view.getUint8(24)];
  const channels = CHANNELS[view.getUint8(25)] ?? 4;
  return 2 * (height * (1 + Math.ceil((width * depth * channels) / 8)) + 64);
}

async function expandsTo(pieces: readonly Uint8Array[], most: number): Promise<number> {
  const source = new Blob(pieces.map((piece) => new Uint8Array(piece))).stream();
  const reader = source.pipeThrough(new DecompressionStream('deflate')).getReader();
  let size = 0;
  try {
    while (size <= most) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
    }
  } catch {
    throw imageProblem('its pixels are damaged');
  } finally {
    await reader.cancel().catch(() => {});
  }
  return size;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
