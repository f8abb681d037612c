import { InputError } from "../../data/input_error.ts";

/**
 * A file that is read at given places. Reads may overlap in time: each system
 * call seeks and reads without letting another in between.
 */
export class PositionedFile {
  /** The path it was opened by. */
  readonly path: string;
  /** Its size in bytes when it was opened. */
  readonly byteLength: number;
  readonly #file: Deno.FsFile;

  private constructor(path: string, byteLength: number, file: Deno.FsFile) {
    this.path = path;
    this.byteLength = byteLength;
    this.#file = file;
  }

  /**
   * Opens a file.
   *
   * @param path The file.
   * @returns The open file.
   * @throws {InputError} If there is no such file or it cannot be opened.
   */
  static async open(path: string): Promise<PositionedFile> {
    const file = await Deno.open(path).catch((error: unknown) => {
      throw new InputError(`Cannot read '${path}': ${reasonOf(error)}`, {
        cause: error,
      });
    });
    const { isFile, size } = await file.stat();
    if (!isFile) {
      file.close();
      throw new InputError(
        `Cannot read '${path}': it is not a file; name a file`,
      );
    }
    return new PositionedFile(path, size, file);
  }

  /**
   * Fills `into` with the bytes from `offset` on.
   *
   * @param offset First byte in the file.
   * @param into Where they go; its length says how many.
   * @throws {InputError} If the file ends before.
   */
  read(offset: number, into: Uint8Array): void {
    let filled = 0;
    while (filled < into.length) {
      this.#file.seekSync(offset + filled, Deno.SeekMode.Start);
      const count = this.#file.readSync(into.subarray(filled));
      if (count === null) {
        throw new InputError(
          `Cannot read '${this.path}': it ends at byte ${
            offset + filled
          }, within bytes ${offset} to ${
            offset + into.length
          }; it is truncated, fetch or write it again`,
        );
      }
      filled += count;
    }
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) {
    return "there is no such file; check the path";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "permission denied; change its rights";
  }
  return error instanceof Error ? error.message : String(error);
}
