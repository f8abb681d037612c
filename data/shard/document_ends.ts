import { mapFile } from "./mapped_file.ts";
import { shardError, ShardFile } from "./shard_file.ts";

/** Where the documents of a shard end. */
export interface DocumentEnds {
  /** Number of documents. */
  readonly count: number;
  /**
   * Where a document ends.
   *
   * @param index A document, 0 … `count` − 1.
   * @returns The position after its last token, never below the one before.
   */
  end(index: number): number;
  /** Gives file and memory back. */
  close(): void;
}

/**
 * Finds the document of a token.
 *
 * @param ends Where documents end.
 * @param position The token, before the last document's end.
 * @returns The first document that ends after it.
 */
export function documentAt(
  ends: Pick<DocumentEnds, "count" | "end">,
  position: number,
): number {
  let low = 0, high = ends.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ends.end(middle) <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Name of the file that tells where a shard's documents end: datatrove's, a u64
 * for each document.
 *
 * @param path The shard.
 */
export function documentIndexPath(path: string): string {
  return `${path}.index`;
}

/**
 * Reads where documents end from the file beside a shard.
 *
 * @param path The shard.
 * @param tokenCount Its tokens.
 * @returns The ends, checked, or null where there is no such file.
 * @throws {InputError} If they decrease, or the last is not the shard's end.
 */
export function openDocumentIndex(
  path: string,
  tokenCount: number,
): DocumentEnds | null {
  const content = openContent(documentIndexPath(path));
  if (content === null) return null;
  const { view, close } = content;
  const ends: DocumentEnds = {
    count: view.byteLength / 8,
    end: (index) => readU64(view, index * 8),
    close,
  };
  try {
    checkEnds(ends, tokenCount, documentIndexPath(path));
  } catch (error) {
    close();
    throw error;
  }
  return ends;
}

/**
 * Checks ends from an untrusted source.
 *
 * @param ends The ends.
 * @param tokenCount Tokens of the shard.
 * @param path The file that they are from, for messages.
 * @throws {InputError} If one is before the last one, or documents and tokens
 * do not end together.
 */
export function checkEnds(
  ends: Pick<DocumentEnds, "count" | "end">,
  tokenCount: number,
  path: string,
): void {
  const { count } = ends;
  if (!Number.isInteger(count)) {
    throw shardError(path, `it has ${count * 8} bytes, no multiple of 8`);
  }
  let last = 0;
  for (let i = 0; i < count; i++) {
    const end = ends.end(i);
    if (end < last) {
      throw shardError(
        path,
        `document ${i} ends at ${end}, before the one before it at ${last}; it is damaged`,
      );
    }
    if (end > tokenCount) {
      throw shardError(
        path,
        `document ${i} ends at ${end}, and there are ${tokenCount} tokens; it belongs to another file or is damaged`,
      );
    }
    last = end;
  }
  if (last !== tokenCount) {
    throw shardError(
      path,
      `its ${count} documents end at ${last}, and there are ${tokenCount} tokens; it belongs to another file or is damaged`,
    );
  }
}

/**
 * The content of a file, mapped where the platform can.
 *
 * @param path The file.
 * @returns The content, or null where there is no such file.
 * @throws {InputError} If it cannot be read.
 */
export function openContent(
  path: string,
): { readonly view: DataView; close(): void } | null {
  try {
    Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
  }
  using file = ShardFile.open(path);
  const mapping = mapFile(path, file.size);
  if (mapping !== null) {
    const { bytes } = mapping;
    return {
      view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      close: () => mapping.close(),
    };
  }
  const bytes = new Uint8Array(file.size);
  file.read(0, bytes);
  return { view: new DataView(bytes.buffer), close: () => {} };
}

/**
 * @returns The little-endian u64 at a byte; inexact, but no smaller than
 * 2^53, where a number cannot hold it.
 */
export function readU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

/**
 * Little-endian integers as bytes, piece by piece.
 *
 * @param count How many.
 * @param size Bytes of each.
 * @param at Gives the one of an index, 0 … 2^53 − 1.
 */
export function* packIntegers(
  count: number,
  size: 4 | 8,
  at: (index: number) => number,
): Generator<Uint8Array, void, void> {
  const most = 8192;
  for (let start = 0; start < count; start += most) {
    const length = Math.min(most, count - start);
    const view = new DataView(new ArrayBuffer(length * size));
    for (let i = 0; i < length; i++) {
      const value = at(start + i);
      view.setUint32(i * size, value % 2 ** 32, true);
      if (size === 8) {
        view.setUint32(i * size + 4, Math.floor(value / 2 ** 32), true);
      }
    }
    yield new Uint8Array(view.buffer);
  }
}
