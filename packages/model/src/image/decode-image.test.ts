import { crc32, deflateSync } from 'node:zlib';
import { encode as encodePng } from 'fast-png';
import jpeg from 'jpeg-js';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode-image.ts';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** A PNG of chunks as they are given. */
function png(
  {
    width,
    height,
    depth = 8,
    colour = 0,
  }: { width: number; height: number; depth?: number; colour?: number },
  raw: Uint8Array,
  before: readonly (readonly [string, Uint8Array])[] = [],
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, 0], 8);
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const chunks = [...before, ['IDAT', deflateSync(raw)] as const].map(([type, data]) => chunk(type, data));
  return Buffer.concat([
    Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    ...chunks,
    chunk('IEND', new Uint8Array()),
  ]);
}

const RGBA = Uint8Array.of(255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 0, 0, 0, 0);
const coloured = encodePng({ width: 2, height: 2, channels: 4, data: RGBA });

describe('an image', () => {
  it('is decoded from base64, from a data address and from bytes, in colour and in grey', async () => {
    const inColour = await decodeImage(base64(coloured), 3);
    // What is transparent is white.
    expect(inColour).toEqual({
      height: 2,
      width: 2,
      channels: 3,
      data: Float32Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255),
    });
    expect(await decodeImage(`data:image/png;base64,${base64(coloured)}`, 3)).toEqual(inColour);
    expect(await decodeImage(coloured, 3)).toEqual(inColour);
    const grey = await decodeImage(coloured, 1);
    for (const [index, value] of [76.245, 149.685, 29.07, 255].entries())
      expect(grey.data[index]).toBeCloseTo(value, 3);
  });

  it('has values from 0 to 255 whatever its depth is', async () => {
    const deep = encodePng({
      width: 2,
      height: 1,
      depth: 16,
      channels: 1,
      data: Uint16Array.of(65_535, 257),
    });
    expect((await decodeImage(deep, 1)).data).toEqual(Float32Array.of(255, 1));
    const bits = png(
      { width: 10, height: 2, depth: 1 },
      Uint8Array.of(0, 0b10110000, 0b01000000, 0, 0, 0xff),
    );
    expect([...(await decodeImage(bits, 1)).data].map((value) => value / 255)).toEqual(
      [1, 0, 1, 1, 0, 0, 0, 0, 0, 1].concat([0, 0, 0, 0, 0, 0, 0, 0, 1, 1]),
    );
    const palette = png({ width: 2, height: 1, colour: 3 }, Uint8Array.of(0, 1, 0), [
      ['PLTE', Uint8Array.of(10, 20, 30, 40, 50, 60)],
    ]);
    expect((await decodeImage(palette, 3)).data).toEqual(Float32Array.of(40, 50, 60, 10, 20, 30));
  });

  it('may be a JPEG', async () => {
    const data = Buffer.alloc(16 * 16 * 4, Buffer.of(200, 100, 50, 255));
    const decoded = await decodeImage(jpeg.encode({ width: 16, height: 16, data }, 95).data, 3);
    expect(decoded).toMatchObject({ height: 16, width: 16 });
    for (const [channel, value] of [200, 100, 50].entries())
      expect(Math.abs((decoded.data[3 * 100 + channel] ?? 0) - value)).toBeLessThan(4);
  });

  const flat = jpeg.encode({ width: 16, height: 16, data: Buffer.alloc(1_024, 128) }, 90).data;
  const resized = (bytes: Uint8Array, at: number, value: number): Buffer => {
    const changed = Buffer.from(bytes);
    changed.writeUInt16BE(value, at);
    return changed;
  };
  const frame = flat.indexOf(Buffer.of(0xff, 0xc0));
  it.each([
    ['is no text', 17, 'no text'],
    ['is no base64', 'not base64!', 'no base64'],
    ['is a GIF', Buffer.from('GIF89a\u0001\u0000\u0001\u0000'), 'neither a PNG nor a JPEG'],
    ['is empty', '', 'neither a PNG nor a JPEG'],
    ['is a PNG without its end', coloured.subarray(0, -8), 'cut off'],
    ['is a PNG without its pixels', coloured.subarray(0, 60), 'cut off'],
    ['is a JPEG without its end', flat.subarray(0, flat.length - 30), 'damaged'],
    ['has no pixels', png({ width: 0, height: 4 }, Uint8Array.of(0)), 'no pixels'],
    [
      'says that it is huge',
      png({ width: 60_000, height: 60_000 }, Uint8Array.of(0)),
      '60000 x 60000 pixels',
    ],
    ['is a JPEG that says so', resized(resized(flat, frame + 5, 65_000), frame + 7, 65_000), '65000 x 65000'],
    ['has fewer pixels than it says', png({ width: 40, height: 40 }, Uint8Array.of(0, 1, 2)), 'damaged'],
  ])('that %s is refused', async (_, image, reason) => {
    await expect(decodeImage(image, 3)).rejects.toMatchObject({
      code: 'TRS_MODEL_IMAGE',
      message: expect.stringContaining(reason),
    });
  });

  it('that expands to far more than it says is refused before it fills the memory', async () => {
    const bomb = png({ width: 28, height: 28 }, new Uint8Array(256 * 2 ** 20));
    expect(bomb.length).toBeLessThan(2 ** 20);
    const before = process.memoryUsage().arrayBuffers;
    await expect(decodeImage(bomb, 1)).rejects.toMatchObject({
      message: expect.stringContaining('expands to more'),
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20);
    // Profiles and texts are compressed as well, and not looked at.
    const profile = Buffer.concat([Buffer.from('p\0\0'), deflateSync(new Uint8Array(2 ** 20))]);
    const plain = png({ width: 1, height: 1 }, Uint8Array.of(0, 9), [['iCCP', profile]]);
    expect((await decodeImage(plain, 1)).data).toEqual(Float32Array.of(9));
  });
});
