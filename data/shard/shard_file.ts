import { InputError } from "../input_error.ts";

/**
 * The error of a shard that cannot be used.
 *
 * @param path The shard, or a file that belongs to it.
 * @param what What is wrong and what to do.
 * @param cause The error underneath, if any.
 */
export function shardError(
  path: string,
  what: string,
  cause?: unknown,
): InputError {
  return new InputError(`Cannot open the token shard '${path}': ${what}`, {
    cause,
  });
}

/** A file of a shard, read at any place. */
export class ShardFile implements Disposable {
  /** Path that it was opened by. */
  readonly path: string;
  /** Size in bytes when it was opened. */
  readonly size: number;
  readonly #file: Deno.FsFile;
  #open = true;

  private constructor(path: string, file: Deno.FsFile, size: number) {
    this.path = path;
    this.#file = file;
    this.size = size;
  }

  /**
   * @param path The file.
   * @throws {InputError} If it cannot be read or is no file.
   */
  static open(path: string): ShardFile {
    let file: Deno.FsFile;
    try {
      file = Deno.openSync(path);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw shardError(path, reason, cause);
    }
    const { size, isFile } = file.statSync();
    if (!isFile) {
      file.close();
      throw shardError(path, "it is not a file");
    }
    return new ShardFile(path, file, size);
  }

  /**
   * Fills memory from a place of the file.
   *
   * @param at Byte of the first.
   * @param into Takes them.
   * @throws {InputError} If the file ends before that.
   */
  read(at: number, into: Uint8Array): void {
    this.#file.seekSync(at, Deno.SeekMode.Start);
    let filled = 0;
    while (filled < into.length) {
      const count = this.#file.readSync(into.subarray(filled));
      if (count === null) throw this.#cut(at + filled);
      filled += count;
    }
  }

  /**
   * Notices a file that was made shorter after it was opened.
   *
   * @throws {InputError} If it was.
   */
  checkSize(): void {
    const { size } = this.#file.statSync();
    if (size < this.size) throw this.#cut(size);
  }

  /** Closes the file; may be called again. */
  close(): void {
    if (this.#open) this.#file.close();
    this.#open = false;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.close();
  }

  #cut(end: number): InputError {
    return new InputError(
      `Cannot read the token shard '${this.path}': it had ${this.size} bytes and ends at ${end} now; it was cut while in use, put it back whole and resume`,
    );
  }
}
