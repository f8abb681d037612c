import { deserialize, serialize } from "node:v8";
import { Buffer } from "node:buffer";
import type { Document } from "../document.ts";

/** Flags, and the bytes of id, text and metadata. */
const HEADER_BYTES = 13;

const ID_UTF16 = 1;
const TEXT_UTF16 = 2;
const HAS_CONTINUES = 4;
const CONTINUES = 8;
const HAS_METADATA = 16;
const METADATA_CLONED = 32;
const ALL_FLAGS = 63;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Room that a document's record may need, in bytes.
 *
 * @param document Any document.
 * @returns An upper bound, its metadata not counted.
 */
export function recordRoom(document: Document): number {
  return HEADER_BYTES + 3 * (document.id.length + document.text.length);
}

/**
 * Writes a document so that {@linkcode readRecord} gives the same one again:
 * ill-formed Unicode, absent keys and metadata that JSON cannot hold included.
 *
 * @param document Any document.
 * @param metadata Its metadata as {@linkcode packMetadata} gives them.
 * @param target Where to write; must have {@linkcode recordRoom} and the
 * metadata's length left from `start`.
 * @param start First byte to write.
 * @returns The byte after the last written.
 */
export function writeRecord(
  document: Document,
  metadata: PackedMetadata | null,
  target: Uint8Array,
  start: number,
): number {
  let flags = 0;
  const idStart = start + HEADER_BYTES;
  const id = writeText(document.id, target, idStart);
  if (!document.id.isWellFormed()) flags |= ID_UTF16;
  const textStart = idStart + id;
  const text = writeText(document.text, target, textStart);
  if (!document.text.isWellFormed()) flags |= TEXT_UTF16;
  if (document.continues !== undefined) {
    flags |= HAS_CONTINUES | (document.continues ? CONTINUES : 0);
  }
  if (metadata !== null) {
    flags |= HAS_METADATA | (metadata.cloned ? METADATA_CLONED : 0);
    target.set(metadata.bytes, textStart + text);
  }
  target[start] = flags;
  const view = new DataView(target.buffer, target.byteOffset + start);
  view.setUint32(1, id, true);
  view.setUint32(5, text, true);
  view.setUint32(9, metadata?.bytes.length ?? 0, true);
  return textStart + text + (metadata?.bytes.length ?? 0);
}

/** A document and where the next record begins. */
export interface ReadRecord {
  readonly document: Document;
  readonly end: number;
}

/**
 * Reads what {@linkcode writeRecord} wrote.
 *
 * @param source Bytes from a file.
 * @param start First byte of a record.
 * @returns The document, or null where the bytes are no record.
 */
export function readRecord(
  source: Uint8Array,
  start: number,
): ReadRecord | null {
  if (start + HEADER_BYTES > source.length) return null;
  const flags = source[start];
  const view = new DataView(source.buffer, source.byteOffset + start);
  const idStart = start + HEADER_BYTES;
  const textStart = idStart + view.getUint32(1, true);
  const metadataStart = textStart + view.getUint32(5, true);
  const end = metadataStart + view.getUint32(9, true);
  if (end > source.length || flags > ALL_FLAGS) return null;
  try {
    return {
      document: {
        id: readText(source.subarray(idStart, textStart), flags & ID_UTF16),
        text: readText(
          source.subarray(textStart, metadataStart),
          flags & TEXT_UTF16,
        ),
        ...(flags & HAS_CONTINUES
          ? { continues: (flags & CONTINUES) !== 0 }
          : {}),
        ...(flags & HAS_METADATA
          ? {
            metadata: unpackMetadata(
              source.subarray(metadataStart, end),
              (flags & METADATA_CLONED) !== 0,
            ),
          }
          : {}),
      },
      end,
    };
  } catch {
    return null;
  }
}

/** Metadata as bytes. */
export interface PackedMetadata {
  readonly bytes: Uint8Array;
  /** Whether by structured cloning, ten times slower than JSON. */
  readonly cloned: boolean;
}

/**
 * Turns metadata into bytes.
 *
 * @param metadata Of a document.
 * @returns The bytes, or null where there are none.
 * @throws {Error} If it holds what cannot be copied, such as a function.
 */
export function packMetadata(
  metadata: Document["metadata"],
): PackedMetadata | null {
  if (metadata === undefined) return null;
  return survivesJson(metadata)
    ? { bytes: encoder.encode(JSON.stringify(metadata)), cloned: false }
    : { bytes: serialize(metadata), cloned: true };
}

function unpackMetadata(
  bytes: Uint8Array,
  cloned: boolean,
): Readonly<Record<string, unknown>> {
  const value: unknown = cloned
    // Copied, since typed arrays in it would otherwise look into the block.
    ? deserialize(Buffer.from(bytes))
    : JSON.parse(decoder.decode(bytes));
  if (typeof value !== "object" || value === null) {
    throw new TypeError("Metadata must be an object");
  }
  return { ...value };
}

/** Whether JSON gives the very same value back. */
function survivesJson(value: unknown): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object": {
      if (value === null) return true;
      if (Array.isArray(value)) return value.every(survivesJson);
      if (Object.getPrototypeOf(value) !== Object.prototype) return false;
      // A key of this name would set the prototype when it is read.
      if (Object.hasOwn(value, "__proto__") || "toJSON" in value) return false;
      return Object.values(value).every(survivesJson);
    }
    default:
      return false;
  }
}

/** UTF-8, or UTF-16 where half a surrogate pair stands alone. */
function writeText(text: string, target: Uint8Array, start: number): number {
  if (text.isWellFormed()) {
    return encoder.encodeInto(text, target.subarray(start)).written;
  }
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    target[start + 2 * i] = unit & 255;
    target[start + 2 * i + 1] = unit >>> 8;
  }
  return 2 * text.length;
}

function readText(bytes: Uint8Array, utf16: number): string {
  if (utf16 === 0) return decoder.decode(bytes);
  const parts: string[] = [];
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    parts.push(String.fromCharCode(bytes[i] | (bytes[i + 1] << 8)));
  }
  return parts.join("");
}
