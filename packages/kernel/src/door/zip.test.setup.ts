import { crc32, deflateRawSync } from 'node:zlib';

/** One entry of an archive that no honest tool would write. */
export interface ZipEntry {
  readonly name: string;
  readonly content?: Uint8Array | string;
  /** Unix mode; a regular file when left out. */
  readonly mode?: number;
  readonly isEncrypted?: boolean;
  /** What the archive says of the size, where that is not the truth. */
  readonly declaredSize?: number;
  /** Shares the bytes of the entry before it. */
  readonly overlaps?: boolean;
}

/** Writes a zip archive (APPNOTE.TXT 6.3.10) of exactly these entries, whatever they are. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  let shared = 0;
  for (const {
    name,
    content = '',
    mode = 0o100644,
    isEncrypted = false,
    declaredSize,
    overlaps,
  } of entries) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const nameBytes = Buffer.from(name, 'utf8');
    const flags = 0x800 | (isEncrypted ? 1 : 0);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(declaredSize ?? bytes.length, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    const at = overlaps ? shared : offset;
    if (!overlaps) {
      const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, nameBytes, packed]);
      locals.push(local);
      shared = offset;
      offset += local.length;
    }
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode << 16) >>> 0, 6);
    tail.writeUInt32LE(at, 10);
    // 3 << 8: made on Unix, so that the mode counts.
    const madeBy = Buffer.from([20, 3]);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), madeBy, common, tail, nameBytes]));
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, central, end]);
}
