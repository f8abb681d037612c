import { join } from "@std/path";
import { writeAtomic } from "../../data/atomic_write.ts";
import {
  parseTuningTable,
  stringifyTuningTable,
  type TuningTable,
} from "../../kernels/tune/tuning_table.ts";
import { cacheFolder } from "../../data/cache_folder.ts";
import { adapterCacheFile, type MeasuredDevice } from "./adapter_cache_file.ts";

/** Timings kept from earlier runs, one file for each adapter and driver. */
export class TuningCache {
  /** Path of the file; undefined where there is no cache folder. */
  readonly path: string | undefined;
  readonly #description: Readonly<Record<string, unknown>>;

  private constructor(
    path: string | undefined,
    description: Readonly<Record<string, unknown>>,
  ) {
    this.path = path;
    this.#description = description;
  }

  /**
   * The cache of a device.
   *
   * @param device The device.
   * @param folder Folder of all caches. @default {cacheFolder()}
   */
  static async of(
    device: MeasuredDevice,
    folder: string | undefined = cacheFolder(),
  ): Promise<TuningCache> {
    const { path, description } = await adapterCacheFile(
      device,
      "kernels",
      folder,
    );
    return new TuningCache(path, description);
  }

  /**
   * Reads what is known; nothing where there is no file.
   *
   * @param warn Told of a file that cannot be used.
   */
  async read(warn: (message: string) => void = () => {}): Promise<TuningTable> {
    if (this.path === undefined) return new Map();
    let text: string;
    try {
      text = await Deno.readTextFile(this.path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        warn(`Cannot read '${this.path}' (${reason(error)}): tuning anew`);
      }
      return new Map();
    }
    const table = parseTuningTable(text);
    if (table) return table;
    warn(`'${this.path}' is damaged or of another version: tuning anew`);
    return new Map();
  }

  /**
   * Adds entries to the file. What another process has written meanwhile stays,
   * unless both have measured the same.
   *
   * @param entries New entries.
   * @param warn Told if the file cannot be written; a cache is no reason to end.
   */
  async add(
    entries: TuningTable,
    warn: (message: string) => void = () => {},
  ): Promise<void> {
    if (this.path === undefined || entries.size === 0) return;
    try {
      await Deno.mkdir(join(this.path, ".."), { recursive: true });
      const all = new Map([...await this.read(), ...entries]);
      await writeAtomic(
        this.path,
        stringifyTuningTable(all, this.#description),
      );
    } catch (error) {
      warn(`Cannot keep timings in '${this.path}': ${reason(error)}`);
    }
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
