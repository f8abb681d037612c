import { join } from "@std/path";
import { InputError } from "../../data/input_error.ts";

/**
 * Keeps a second process out of a run's folder. The operating system releases
 * the lock when the process ends, however it ends.
 */
export class RunLock implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Locks a run's folder.
   *
   * @param folder An existing folder.
   * @throws {InputError} if another process trains there.
   */
  static async acquire(folder: string): Promise<RunLock> {
    const file = await Deno.open(join(folder, ".lock"), {
      create: true,
      write: true,
    });
    if (!await file.tryLock(true)) {
      file.close();
      throw new InputError(
        `Cannot train in '${folder}': another process trains there; ` +
          `wait for it or choose another --out`,
      );
    }
    return new RunLock(file);
  }

  /** Releases the folder. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}
