import { join } from "@std/path";
import { InputError } from "./input_error.ts";

/**
 * Keeps a second process out of a folder. The operating system releases the
 * lock when the process ends, however it ends.
 */
export class FolderLock implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Locks a folder.
   *
   * @param folder An existing folder.
   * @param refusal What to say if another process has it: what cannot be done
   * and what to do instead.
   * @returns The lock; it holds until it is disposed of.
   * @throws {InputError} If another process has locked it.
   */
  static async acquire(folder: string, refusal: string): Promise<FolderLock> {
    const file = await Deno.open(join(folder, ".lock"), {
      create: true,
      write: true,
    });
    if (!await file.tryLock(true)) {
      file.close();
      throw new InputError(refusal);
    }
    return new FolderLock(file);
  }

  /** Releases the folder. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}
