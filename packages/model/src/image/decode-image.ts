import type { DecodedPng } from 'fast-png';
import { imageHeader } from './image-header.ts';
import { imageProblem } from './image-problem.ts';
import { plainPng } from './plain-png.ts';

/** Pixels row by row, the channels of a pixel together, from 0 to 255. */
export interface Pixels {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: Float32Array;
}

/** Of a file, before anything of it is decoded. */
const MAX_BYTES = 32 * 2 ** 20;
/** Of an image, as its header says: 4,096 x 4,096. */
const MAX_PIXELS = 2 ** 24;

/**
 * The pixels of a PNG or a JPEG, as bytes or as base64 (also as a `data:` address). Training and serving both come through
 * here, in Node and in browsers: decoders differ, so there is one. What is transparent is seen on white; one channel is the
 * luma of ITU-R BT.601.
 *
 * @throws TRS_MODEL_IMAGE saying what is wrong with it
 */
export async function decodeImage(image: unknown, channels: 1 | 3): Promise<Pixels> {
  const bytes = bytesOf(image);
  if (bytes.length > MAX_BYTES) throw imageProblem(`it has more than ${MAX_BYTES} bytes`);
  const header = imageHeader(bytes);
  if (!header) throw imageProblem('it is neither a PNG nor a JPEG');
  const { width, height } = header;
  if (width === 0 || height === 0) throw imageProblem('it has no pixels');
  if (width * height > MAX_PIXELS)
    throw imageProblem(`it has ${width} x ${height} pixels, more than ${MAX_PIXELS}`);
  const decoded = header.format === 'png' ? await decodePng(bytes) : await decodeJpeg(bytes);
  if (decoded.width !== width || decoded.height !== height)
    throw imageProblem('it is of another size than its header says');
  return { height, width, channels, data: seenOnWhite(decoded, channels) };
}

function bytesOf(image: unknown): Uint8Array {
  if (image instanceof Uint8Array) return image;
  if (typeof image !== 'string') throw imageProblem('it is no text');
  const text = image.replace(/^data:image\/[a-z+.-]+;base64,/, '');
  if (text.length > (MAX_BYTES * 4) / 3 + 4) throw imageProblem(`it has more than ${MAX_BYTES} bytes`);
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw imageProblem('it is no base64');
  }
}

interface Decoded {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** The largest value of a channel. */
  readonly most: number;
  readonly data: ArrayLike<number>;
}

async function decodePng(bytes: Uint8Array): Promise<Decoded> {
  const plain = await plainPng(bytes);
  const { convertIndexedToRgb, decode } = await import('fast-png');
  return damagedUnless(() => {
    const png = decode(plain);
    const { width, height, depth } = png;
    if (!png.palette)
      return {
        width,
        height,
        channels: png.channels,
        most: 2 ** depth - 1,
        data: depth < 8 ? unpacked(png) : png.data,
      };
    const channels = png.palette[0]?.length ?? 3;
    return { width, height, channels, most: 255, data: convertIndexedToRgb(png) };
  });
}

/** Several grey pixels in a byte, the first in its highest bits; a line begins with a byte of its own. */
function unpacked({
  width,
  height,
  depth,
  data,
}: Pick<DecodedPng, 'width' | 'height' | 'depth' | 'data'>): Uint8Array {
  const perByte = 8 / depth;
  const stride = Math.ceil(width / perByte);
  return Uint8Array.from({ length: width * height }, (_, pixel) => {
    const column = pixel % width;
    const byte = data[Math.floor(pixel / width) * stride + Math.floor(column / perByte)] ?? 0;
    return (byte >> (8 - depth * ((column % perByte) + 1))) & (2 ** depth - 1);
  });
}

async function decodeJpeg(bytes: Uint8Array): Promise<Decoded> {
  const { default: jpeg } = await import('jpeg-js');
  return damagedUnless(() => {
    const limits = { maxResolutionInMP: MAX_PIXELS / 1e6, maxMemoryUsageInMB: 1_024 };
    const { width, height, data } = jpeg.decode(bytes, {
      useTArray: true,
      tolerantDecoding: false,
      ...limits,
    });
    return { width, height, channels: 4, most: 255, data };
  });
}

function damagedUnless(work: () => Decoded): Decoded {
  try {
    return work();
  } catch (cause) {
    throw imageProblem(`it is damaged (${cause instanceof Error ? cause.message : cause})`);
  }
}

function seenOnWhite({ width, height, channels: has, most, data }: Decoded, channels: 1 | 3): Float32Array {
  const pixels = width * height;
  const isGrey = has < 3;
  const hasAlpha = has === 2 || has === 4;
  const out = new Float32Array(pixels * channels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const at = pixel * has;
    const alpha = hasAlpha ? (data[at + has - 1] ?? most) / most : 1;
    const value = (channel: number): number => {
      const seen = ((data[at + (isGrey ? 0 : channel)] ?? 0) / most) * 255;
      return seen * alpha + 255 * (1 - alpha);
    };
    if (channels === 1)
      out[pixel] = isGrey ? value(0) : 0.299 * value(0) + 0.587 * value(1) + 0.114 * value(2);
    else for (let channel = 0; channel < 3; channel++) out[pixel * 3 + channel] = value(channel);
  }
  return out;
}
