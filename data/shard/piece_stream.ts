import { MAX_SHARD_TOKENS } from "./shard_format.ts";

/** Tokens of which it is known where documents end. */
export interface DocumentTokens {
  /** The tokens: of a part of a document, of one, or of many. */
  readonly tokens: Uint32Array;
  /**
   * Positions in `tokens` after which a document ends, ascending, 0 …
   * `tokens.length`. Empty where the document goes on in the next piece.
   */
  readonly ends: ArrayLike<number>;
}

/** A stream of tokens, in pieces of any length. */
export type TokenPieces<Piece = Uint32Array | DocumentTokens> =
  | AsyncIterable<Piece>
  | Iterable<Piece>;

/** A stream of tokens from which files are filled. */
export class PieceStream {
  readonly #pieces: AsyncGenerator<Uint32Array | DocumentTokens>;
  #tokens: Uint32Array = new Uint32Array();
  #ends: ArrayLike<number> = [];
  /** Tokens and ends of the piece that were taken. */
  #taken = 0;
  #takenEnds = 0;
  #hasDocuments = false;

  /** @param pieces The stream. */
  constructor(pieces: TokenPieces) {
    this.#pieces = each(pieces);
  }

  /** Whether a piece so far came with its documents' ends. */
  get hasDocuments(): boolean {
    return this.#hasDocuments;
  }

  /** @returns Whether there is more, which is then at hand. */
  async fill(): Promise<boolean> {
    while (
      this.#taken === this.#tokens.length &&
      this.#takenEnds === this.#ends.length
    ) {
      const next = await this.#pieces.next();
      if (next.done) return false;
      this.#begin(next.value);
    }
    return true;
  }

  /**
   * How much of the piece at hand goes into a file.
   *
   * @param count Tokens that the file has.
   * @param atEnd Whether a document ends with them.
   * @param limit Tokens after which the file is full.
   * @returns Tokens to take, or 0 where the file is full.
   */
  room(count: number, atEnd: boolean, limit: number): number {
    const left = this.#tokens.length - this.#taken;
    const wanted = limit - count;
    // Of an end without tokens too there is something to take.
    if (left <= Math.max(0, wanted)) return Math.max(1, left);
    if (!this.#hasDocuments) return wanted;
    // An end that comes with this piece may be of the tokens before it.
    const ended = atEnd || this.#ends[this.#takenEnds] === this.#taken;
    if (wanted <= 0 && ended && count > 0) return 0;
    const most = Math.min(left, MAX_SHARD_TOKENS - count);
    for (let i = this.#takenEnds; i < this.#ends.length; i++) {
      const end = this.#ends[i] - this.#taken;
      if (end >= wanted && end > 0) return Math.min(most, end);
    }
    return most;
  }

  /**
   * Takes what comes next.
   *
   * @param count Tokens to take at most.
   * @returns Them and the ends among them.
   */
  take(count: number): DocumentTokens {
    const from = this.#taken;
    const to = Math.min(this.#tokens.length, from + count);
    const ends: number[] = [];
    while (
      this.#takenEnds < this.#ends.length && this.#ends[this.#takenEnds] <= to
    ) {
      ends.push(this.#ends[this.#takenEnds++] - from);
    }
    this.#taken = to;
    return { tokens: this.#tokens.subarray(from, to), ends };
  }

  /** Tells the stream that nobody takes more. */
  async close(): Promise<void> {
    await this.#pieces.return(undefined);
  }

  #begin(piece: Uint32Array | DocumentTokens): void {
    const { tokens, ends } = piece instanceof Uint32Array
      ? { tokens: piece, ends: [] }
      : piece;
    if (!(piece instanceof Uint32Array)) this.#hasDocuments = true;
    let last = 0;
    for (let i = 0; i < ends.length; i++) {
      const end = ends[i];
      if (!(end >= last && end <= tokens.length)) {
        throw new RangeError(
          `Cannot write documents of which one ends at ${end}: the one before ends at ${last}, the tokens at ${tokens.length}`,
        );
      }
      last = end;
    }
    this.#tokens = tokens;
    this.#ends = ends;
    this.#taken = 0;
    this.#takenEnds = 0;
  }
}

async function* each(
  pieces: TokenPieces,
): AsyncGenerator<Uint32Array | DocumentTokens> {
  yield* pieces;
}
