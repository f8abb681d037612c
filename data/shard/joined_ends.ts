import { documentAt, type DocumentEnds } from "./document_ends.ts";
import type { Shard } from "./shard.ts";

/** The ends of the documents of several shards, in a stretch of all tokens. */
export class JoinedEnds implements DocumentEnds {
  /** Documents of which the stretch holds a token. */
  readonly count: number;
  readonly #parts: readonly DocumentEnds[];
  /** Position of each shard's first token, and the end. */
  readonly #starts: readonly number[];
  /** Number of each shard's first document, and how many there are. */
  readonly #firsts: readonly number[];
  readonly #start: number;
  readonly #stop: number;
  /** The stretch's first document. */
  readonly #skipped: number;

  private constructor(
    parts: readonly DocumentEnds[],
    starts: readonly number[],
    start: number,
    stop: number,
  ) {
    this.#parts = parts;
    this.#starts = starts;
    const firsts = [0];
    for (const { count } of parts) {
      firsts.push(firsts[firsts.length - 1] + count);
    }
    this.#firsts = firsts;
    this.#start = start;
    this.#stop = stop;
    const all = {
      count: firsts[parts.length],
      end: (i: number) => this.#end(i),
    };
    this.#skipped = documentAt(all, start);
    this.count = start === stop
      ? 0
      : documentAt(all, stop - 1) + 1 - this.#skipped;
  }

  /**
   * @param shards The shards in order.
   * @param start First token of the stretch.
   * @param stop The position after its last.
   * @returns The ends, counted from the stretch's start, or null where a shard
   * does not say.
   * @throws {InputError} If a shard's ends cannot be.
   */
  static open(
    shards: readonly Shard[],
    start: number,
    stop: number,
  ): JoinedEnds | null {
    const parts: DocumentEnds[] = [];
    const starts = [0];
    let complete = false;
    try {
      for (const shard of shards) {
        const ends = shard.openEnds();
        if (ends === null) return null;
        parts.push(ends);
        starts.push(starts[starts.length - 1] + shard.tokenCount);
      }
      complete = true;
      return new JoinedEnds(parts, starts, start, stop);
    } finally {
      if (!complete) { for (const part of parts) part.close(); }
    }
  }

  /**
   * @param index A document, 0 … `count` − 1.
   * @returns The position after its last token in the stretch.
   */
  end(index: number): number {
    const end = this.#end(this.#skipped + index);
    return Math.min(end, this.#stop) - this.#start;
  }

  /** Gives files and memory back. */
  close(): void {
    for (const part of this.#parts) part.close();
  }

  /** The end of a document of all, from the first shard's start. */
  #end(index: number): number {
    let shard = 0, high = this.#parts.length;
    while (high - shard > 1) {
      const middle = (shard + high) >>> 1;
      if (this.#firsts[middle] <= index) shard = middle;
      else high = middle;
    }
    return this.#starts[shard] +
      this.#parts[shard].end(index - this.#firsts[shard]);
  }
}
