import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** What the archive says of it, where that is to differ from the truth. */
  readonly says?: {
    readonly unpacked?: number;
    readonly packed?: number;
    readonly crc?: number;
    readonly method?: number;
    readonly flags?: number;
    readonly localName?: string;
  };
  readonly stored?: boolean;
}

/** An archive, made by hand so that it can also be a wrong one. */
export function zipOf(files: readonly ZipFile[]): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const { name, content, says = {}, stored } of files) {
    const bytes = Buffer.from(content as string);
    const packed = stored ? bytes : deflateRawSync(bytes);
    const localName = Buffer.from(says.localName ?? name, 'latin1');
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(localName.length, 26);
    const header = Buffer.alloc(46);
    header.writeUInt32LE(0x02014b50, 0);
    header.writeUInt16LE(says.flags ?? 0, 8);
    header.writeUInt16LE(says.method ?? (stored ? 0 : 8), 10);
    header.writeUInt32LE(says.crc ?? crc32(bytes), 16);
    header.writeUInt32LE(says.packed ?? packed.length, 20);
    header.writeUInt32LE(says.unpacked ?? bytes.length, 24);
    header.writeUInt16LE(Buffer.byteLength(name, 'latin1'), 28);
    header.writeUInt32LE(at, 42);
    central.push(header, Buffer.from(name, 'latin1'));
    parts.push(local, localName, packed);
    at += local.length + localName.length + packed.length;
  }
  const list = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, list, end]);
}
