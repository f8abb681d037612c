import { join } from "@std/path";
import type { Document } from "../document.ts";
import { Random } from "../random.ts";
import { DocumentSpool } from "./document_spool.ts";

/** Bytes of documents that one cell should have, and is held of at a time. */
const CELL_BYTES = 48 * 1024 * 1024;
/** Cells open at a time: each holds a block of its own. */
const MAX_CELLS = 32;

/** Options of {@linkcode shuffleDocuments}. */
export interface ShuffleOptions {
  /** An existing folder; takes the cells, which are removed as they are used. */
  readonly folder: string;
  /** Chooses the order. */
  readonly seed: number | string;
  /** About how many bytes the documents have, to choose the number of cells. */
  readonly bytes: number;
  /**
   * Bytes that a cell should have; memory takes a few times as many.
   *
   * @default 48 MiB
   */
  readonly cellBytes?: number;
}

/**
 * Puts documents into a random order, every order equally likely, however many
 * there are: each goes to a cell on disk drawn at random, then one cell after
 * the other is shuffled in memory. (Given how many documents each cell has,
 * all ways to share them out are equally likely, and so are all orders within
 * a cell.) A cell that is too large is shuffled in the same way.
 *
 * @param documents In any order.
 * @param options Where the cells are, seed and size.
 * @returns The same documents; their order depends on theirs, the seed and the
 * size alone.
 */
export async function* shuffleDocuments(
  documents: AsyncIterable<Document> | Iterable<Document>,
  options: ShuffleOptions,
): AsyncGenerator<Document> {
  const { folder, seed, bytes, cellBytes = CELL_BYTES } = options;
  const count = Math.min(MAX_CELLS, Math.max(1, Math.ceil(bytes / cellBytes)));
  const random = new Random(`shuffle/${seed}`);
  const here = join(folder, "cells");
  await Deno.mkdir(here);
  const paths = Array.from(
    { length: count },
    (_, i) => join(here, `${i}.documents`),
  );
  const cells = paths.map((path) => DocumentSpool.create(path));
  try {
    for await (const document of documents) {
      cells[random.integer(count)].append(document);
    }
    for (const cell of cells) cell.finish();
    for (const [i, cell] of cells.entries()) {
      // A document alone cannot be divided.
      if (cell.bytes > 2 * cellBytes && cell.documents > 1) {
        yield* shuffleDocuments(cell.replay(), {
          folder: here,
          seed: `${seed}/${i}`,
          bytes: Math.max(cell.bytes, 2 * cellBytes),
          cellBytes,
        });
      } else {
        yield* random.shuffle([...cell.replay()]);
      }
      await Deno.remove(paths[i]);
    }
  } finally {
    for (const cell of cells) cell.close();
    await Deno.remove(here, { recursive: true });
  }
}
