import { formatBytes } from "../format.ts";
import { BadSource } from "./bad_source.ts";
import type { FileReadOptions } from "./read_options.ts";
import type { SourceFile } from "./source_file.ts";

/** A file may hold this many bytes however small it is when packed. */
const FREE_BYTES = 256 * 1024 * 1024;

/** How much may come out of a packed file. */
export type UnpackedLimits = Pick<
  FileReadOptions,
  "maxUnpackedBytes" | "maxUnpackRatio"
>;

/** Ends the reading where a small file would unpack to a huge one. */
export class UnpackedLimit {
  readonly #file: SourceFile;
  readonly #limit: number;
  #unpacked = 0;

  /**
   * @param file The packed file.
   * @param limits How much may come out of it.
   */
  constructor(
    file: SourceFile,
    { maxUnpackedBytes, maxUnpackRatio }: UnpackedLimits,
  ) {
    this.#file = file;
    // A pipe has no size to compare with.
    const byRatio = file.size > 0
      ? Math.max(FREE_BYTES, file.size * maxUnpackRatio)
      : Infinity;
    this.#limit = Math.min(maxUnpackedBytes, byRatio);
  }

  /**
   * Counts what has come out, or is declared to.
   *
   * @param bytes How much more.
   * @throws {BadSource} If it is more than is allowed.
   */
  add(bytes: number): void {
    this.#unpacked += bytes;
    if (this.#unpacked <= this.#limit) return;
    const { path, size } = this.#file;
    throw new BadSource(
      "unpacks_too_large",
      path,
      `Cannot read '${path}': its ${
        formatBytes(size)
      } unpack to more than the ${
        formatBytes(this.#limit)
      } allowed; unpack it yourself if that is right`,
    );
  }
}
