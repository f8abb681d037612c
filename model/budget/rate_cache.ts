import { dirname } from "@std/path";
import { writeAtomic } from "../../data/atomic_write.ts";
import { cacheFolder } from "../../data/cache_folder.ts";
import { fieldOf } from "../../data/field_of.ts";
import { isPositive } from "../../data/is_positive.ts";
import {
  type AdapterCacheFile,
  adapterCacheFile,
  type MeasuredDevice,
} from "../tune/adapter_cache_file.ts";

/** A rate that was measured. */
export interface MeasuredRate {
  /** Floating-point operations of training, per token of the model. */
  readonly flopsPerToken: number;
  /** Such operations a second, in forward and backward passes. */
  readonly flopsPerSecond: number;
  /** Bytes a second that their launches read and write. */
  readonly bytesPerSecond: number;
  /** Tokens whose passes take as long as an optimizer's update. */
  readonly updateTokens: number;
}

/** Changes when older measurements no longer hold. */
const VERSION = 4;

/**
 * Rates of training kept from earlier plans, one file for each adapter and
 * driver, by the key of what was measured.
 */
export class RateCache {
  readonly #file: AdapterCacheFile;

  private constructor(file: AdapterCacheFile) {
    this.#file = file;
  }

  /** The cache of a device. */
  static async of(
    device: MeasuredDevice,
    folder: string | undefined = cacheFolder(),
  ): Promise<RateCache> {
    return new RateCache(await adapterCacheFile(device, "rates", folder));
  }

  /** Reads what is known; what cannot be read is measured again. */
  async read(): Promise<Map<string, MeasuredRate>> {
    if (this.#file.path === undefined) return new Map();
    let json: unknown;
    try {
      json = JSON.parse(await Deno.readTextFile(this.#file.path));
    } catch {
      return new Map();
    }
    if (fieldOf(json, "version") !== VERSION) return new Map();
    const rates = fieldOf(json, "rates");
    if (typeof rates !== "object" || rates === null) return new Map();
    return new Map(
      Object.entries(rates).flatMap(([key, value]) => {
        const flopsPerToken = fieldOf(value, "flopsPerToken");
        const flopsPerSecond = fieldOf(value, "flopsPerSecond");
        const bytesPerSecond = fieldOf(value, "bytesPerSecond");
        const updateTokens = fieldOf(value, "updateTokens");
        return isPositive(flopsPerToken) && isPositive(flopsPerSecond) &&
            isPositive(bytesPerSecond) &&
            (updateTokens === 0 || isPositive(updateTokens))
          ? [[
            key,
            { flopsPerToken, flopsPerSecond, bytesPerSecond, updateTokens },
          ]]
          : [];
      }),
    );
  }

  /**
   * Adds a rate. A cache that cannot be written is no reason to end.
   *
   * @param key What was measured.
   * @param rate What came out.
   */
  async add(key: string, rate: MeasuredRate): Promise<void> {
    const { path, description } = this.#file;
    if (path === undefined) return;
    try {
      await Deno.mkdir(dirname(path), { recursive: true });
      const rates = Object.fromEntries([...await this.read(), [key, rate]]);
      await writeAtomic(
        path,
        JSON.stringify({ version: VERSION, device: description, rates }) + "\n",
      );
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
  }
}
