import { writeAll } from "../atomic_write.ts";
import type { Document } from "../document.ts";
import { type SplitCandidate, splitPosition } from "./validation_split.ts";

/** A stretch of a document's text. */
export interface TextPiece {
  /** Index of its document. */
  readonly document: number;
  /** The text as UTF-8. */
  readonly bytes: Uint8Array;
  readonly startsDocument: boolean;
  readonly endsDocument: boolean;
}

/**
 * Documents put aside on disk until it is known how to split them: by
 * documents needs enough of them, by the tail needs to know the end.
 */
export class PendingDocuments {
  readonly #file: Deno.FsFile;
  readonly #seed: number;
  readonly #pieces: { document: number; length: number }[] = [];
  readonly #documents: { position: number; bytes: number }[] = [];
  #bytes = 0;
  #open = false;

  /**
   * @param path A file for the text, made anew; the caller removes it.
   * @param seed Chooses the split.
   */
  constructor(path: string, seed: number) {
    this.#file = Deno.openSync(path, {
      read: true,
      write: true,
      create: true,
      truncate: true,
    });
    this.#seed = seed;
  }

  /** What the split needs to know of each document. */
  get documents(): readonly SplitCandidate[] {
    return this.#documents;
  }

  /** UTF-8 bytes of all the text. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param document A document, or the next piece of the last one. */
  async add(document: Document): Promise<void> {
    const bytes = new TextEncoder().encode(document.text);
    if (!this.#open) {
      const position = splitPosition(document.text, this.#seed);
      this.#documents.push({ position, bytes: 0 });
    }
    const index = this.#documents.length - 1;
    this.#documents[index].bytes += bytes.length;
    this.#pieces.push({ document: index, length: bytes.length });
    this.#bytes += bytes.length;
    this.#open = document.continues === true;
    await writeAll(this.#file, bytes);
  }

  /** @returns The pieces again, in order. */
  async *replay(): AsyncGenerator<TextPiece> {
    await this.#file.seek(0, Deno.SeekMode.Start);
    for (const [i, { document, length }] of this.#pieces.entries()) {
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const count = await this.#file.read(bytes.subarray(filled));
        if (count === null) {
          throw new Error("Cannot read documents put aside: the file was cut");
        }
        filled += count;
      }
      yield {
        document,
        bytes,
        startsDocument: this.#pieces[i - 1]?.document !== document,
        endsDocument: this.#pieces[i + 1]?.document !== document &&
          !(this.#open && i === this.#pieces.length - 1),
      };
    }
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }
}
