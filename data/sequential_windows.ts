import type { Batch, BatchDocuments } from "./batch.ts";
import { fillDocumentColumns } from "./document_columns.ts";
import type { DocumentEnds } from "./shard/document_ends.ts";
import { documentEndsOf } from "./shard/document_ends_of.ts";
import type { TokenReader } from "./shard/token_reader.ts";
import { countWindows } from "./windows.ts";

/** The windows of an evaluation, always the same ones in the same order. */
export interface SequentialWindows extends Iterable<Batch> {
  /** How many there are. */
  readonly count: number;
}

/**
 * Cuts tokens into consecutive windows for evaluation. Tokens after the last
 * whole window are left out.
 *
 * @param source The validation part's tokens.
 * @param sequenceLength T, the tokens of a window.
 * @param max Windows to give at most; fewer than there are come from places
 * spread evenly over the source.
 * @param documents Whether windows come with their documents.
 * @returns Windows of one sequence each, (1, T), in arrays of their own; can be
 * gone through any number of times.
 * @throws {InputError} If the source is shorter than one window, or documents
 * are asked for and the source does not say where they end.
 *
 * @example
 * ```ts
 * import { sequentialWindows, type TokenReader } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const source: TokenReader = {
 *   tokenCount: 17,
 *   read: (offset, into) => into.forEach((_, i) => into[i] = offset + i),
 *   close: () => {},
 * };
 * const starts = [];
 * for (const { inputs } of sequentialWindows(source, 4, 2)) {
 *   starts.push(inputs[0]);
 * }
 * assertEquals(starts, [0, 8]);
 * ```
 */
export function sequentialWindows(
  source: TokenReader,
  sequenceLength: number,
  max: number = Infinity,
  documents: boolean = false,
): SequentialWindows {
  const all = countWindows(
    source.tokenCount,
    sequenceLength,
    "a validation part",
  );
  const ends = documents ? documentEndsOf(source, "validation part") : null;
  const count = Math.max(1, Math.min(all, Math.floor(max)));
  return {
    count,
    *[Symbol.iterator]() {
      const window = new Uint32Array(sequenceLength + 1);
      for (let i = 0; i < count; i++) {
        const start = Math.floor(i * all / count) * sequenceLength;
        source.read(start, window);
        yield {
          inputs: window.slice(0, sequenceLength),
          targets: window.slice(1),
          ...(ends
            ? { documents: documentsOf(ends, start, sequenceLength) }
            : {}),
        };
      }
    },
  };
}

/** The documents of a window of some length. */
function documentsOf(
  ends: DocumentEnds,
  start: number,
  length: number,
): BatchDocuments {
  const columns = {
    starts: new Uint32Array(length),
    ends: new Uint32Array(length),
  };
  fillDocumentColumns(columns, 0, length, ends, start);
  return columns;
}
