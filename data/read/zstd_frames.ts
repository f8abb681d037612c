/** A stretch of one frame's bytes. */
export interface FramePart {
  readonly bytes: Uint8Array;
  /** Whether the frame is complete with these bytes. */
  readonly last: boolean;
}

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

/**
 * Finds where the frames of a zstd stream end, by their block headers alone
 * (RFC 8878, section 3). A decoder reads one frame and takes what follows for
 * garbage, or a cut frame for a whole one; several frames in one file are
 * common.
 */
export class ZstdFrames {
  /** Bytes of a header that has not fully come yet. */
  #header: number[] = [];
  /** What the header is that comes next, or the end of the frame. */
  #state: "magic" | "descriptor" | "block" | "skip" | "end" = "magic";
  /** Bytes to pass over before the next header. */
  #pass = 0;
  #hasChecksum = false;

  /** Whether the bytes so far end where a frame ends. */
  get complete(): boolean {
    return this.#state === "magic" && this.#header.length === 0;
  }

  /**
   * @param chunk The next bytes of the stream.
   * @returns The same bytes, cut where frames end.
   * @throws {Error} If a frame's header is not one.
   */
  push(chunk: Uint8Array): FramePart[] {
    const parts: FramePart[] = [];
    let start = 0;
    let at = 0;
    const finishFrame = (): void => {
      parts.push({ bytes: chunk.subarray(start, at), last: true });
      start = at;
      this.#state = "magic";
    };
    while (at < chunk.length) {
      if (this.#pass > 0) {
        const step = Math.min(this.#pass, chunk.length - at);
        this.#pass -= step;
        at += step;
      } else {
        this.#header.push(chunk[at++]);
        this.#readHeader();
      }
      if (this.#state === "end" && this.#pass === 0) finishFrame();
    }
    if (start < chunk.length) {
      parts.push({ bytes: chunk.subarray(start), last: false });
    }
    return parts;
  }

  #readHeader(): void {
    const header = this.#header;
    const value = header.reduce((sum, byte, i) => sum + byte * 2 ** (8 * i), 0);
    if (this.#state === "descriptor") {
      const sizeFlag = header[0] >> 6;
      const single = (header[0] & 0x20) !== 0;
      this.#hasChecksum = (header[0] & 0x04) !== 0;
      const dictionaryBytes = [0, 1, 2, 4][header[0] & 3];
      const sizeBytes = [single ? 1 : 0, 2, 4, 8][sizeFlag];
      this.#take("block", (single ? 0 : 1) + dictionaryBytes + sizeBytes);
    } else if (this.#state === "block" && header.length === 3) {
      const type = (value >> 1) & 3;
      if (type === 3) throw new Error("a block has the reserved type");
      const bytes = type === 1 ? 1 : value >> 3;
      const last = (value & 1) === 1;
      this.#take(
        last ? "end" : "block",
        bytes + (last && this.#hasChecksum ? 4 : 0),
      );
    } else if (this.#state === "magic" && header.length === 4) {
      if (value === MAGIC) this.#take("descriptor", 0);
      else if (value - (value % 16) === SKIPPABLE) this.#take("skip", 0);
      else throw new Error("it does not begin as a zstd frame does");
    } else if (this.#state === "skip" && header.length === 4) {
      this.#take("end", value);
    }
  }

  #take(state: "descriptor" | "block" | "skip" | "end", pass: number): void {
    this.#state = state;
    this.#pass = pass;
    this.#header = [];
  }
}
