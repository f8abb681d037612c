import { createHash } from "node:crypto";
import { join } from "@std/path";
import { writeAtomic } from "../../data/atomic_write.ts";
import { fieldOf } from "../../data/field_of.ts";
import { isPositive } from "../../data/is_positive.ts";
import { FolderLock } from "../../data/folder_lock.ts";
import { InputError } from "../../data/input_error.ts";
import { readIfThere } from "../../data/read_if_there.ts";
import { quote } from "../../data/schema.ts";
import type { GivenConfig } from "../train/parse_run_config.ts";
import type { RunConfig } from "../train/run_config.ts";
import { stringifyRunConfig } from "../train/stringify_run_config.ts";
import type { SweepGrid, SweepPoint } from "./sweep_plan.ts";
import { parseSweepResult, type SweepResult } from "./sweep_result.ts";

/** Says what the file is, to people and to the reader. */
const FORMAT = "minnow sweep 1";

/**
 * What a sweep keeps on disk: `run.yaml`, what its runs have in common;
 * `sweep.json`, the sizes and amounts asked for; `points.jsonl`, a line a
 * finished run; `data`, the tokens; `points`, a folder a run.
 */
export class SweepFolder implements Disposable {
  /** The folder. */
  readonly path: string;
  /** Sizes and amounts asked for, in the order of asking. */
  readonly grids: readonly SweepGrid[];
  /** Dotted keys of `run.yaml` that somebody decided. */
  readonly given: ReadonlySet<string>;
  /** Finished runs by name. */
  readonly results: ReadonlyMap<string, SweepResult>;
  readonly #results: Map<string, SweepResult>;
  readonly #lock: FolderLock;

  private constructor(
    path: string,
    { grids, given }: Pick<SweepFolder, "grids" | "given">,
    results: Map<string, SweepResult>,
    lock: FolderLock,
  ) {
    this.path = path;
    this.grids = grids;
    this.given = given;
    this.#results = results;
    this.results = results;
    this.#lock = lock;
  }

  /**
   * Opens a folder for a sweep.
   *
   * @param path The folder; made if it is missing.
   * @param resume Whether it shall hold a sweep already.
   * @throws {InputError} If it holds one and shall not, or the reverse, or what
   * it holds cannot be read, or another process sweeps there.
   */
  static async open(path: string, resume: boolean): Promise<SweepFolder> {
    const text = await readIfThere(join(path, "sweep.json"));
    if (resume && text === undefined) {
      throw new InputError(
        `Cannot resume '${path}': it holds no sweep; leave out --resume`,
      );
    }
    if (!resume && text !== undefined) {
      throw new InputError(
        `Cannot sweep into '${path}': it holds a sweep already; go on with ` +
          "--resume, or choose another --out",
      );
    }
    await Deno.mkdir(path, { recursive: true });
    const lock = await FolderLock.acquire(
      path,
      `Cannot sweep in '${path}': another process sweeps there; wait for it ` +
        "or choose another --out",
    );
    try {
      const file = join(path, "sweep.json");
      const asked = text === undefined
        ? { grids: [], given: new Set<string>() }
        : parseSweep(text, file);
      return new SweepFolder(path, asked, await readResults(path), lock);
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
  }

  /** Writes down what the sweep is. */
  async describe(
    { config, given }: GivenConfig,
    grids: readonly SweepGrid[],
  ): Promise<void> {
    await writeAtomic(join(this.path, "run.yaml"), stringifyRunConfig(config));
    await writeAtomic(
      join(this.path, "sweep.json"),
      JSON.stringify({ format: FORMAT, given: [...given], grids }, null, 2) +
        "\n",
    );
  }

  /**
   * Whether a run is finished.
   *
   * @param point The run.
   * @param uniqueTokens Different tokens that there are to learn from.
   * @throws {InputError} If one of that name is, but was trained otherwise.
   */
  has(point: SweepPoint, uniqueTokens: number): boolean {
    const known = this.#results.get(point.name);
    if (!known) return false;
    const sameText = known.unique_tokens === uniqueTokens;
    if (sameText && known.run === digestOf(point.config)) return true;
    throw new InputError(
      `${join(this.path, "points.jsonl")}: '${point.name}' was trained ${
        sameText ? "by another recipe or seed" : "on another text"
      }; choose another --out`,
    );
  }

  /** Keeps a finished run; it is on the disk when this returns. */
  async add(result: SweepResult): Promise<void> {
    this.#results.set(result.name, result);
    const file = await Deno.open(join(this.path, "points.jsonl"), {
      append: true,
      create: true,
    });
    try {
      // One write of a whole line: what a crash cuts short has no line end.
      await file.write(
        new TextEncoder().encode(JSON.stringify(result) + "\n"),
      );
      await file.sync();
    } finally {
      file.close();
    }
  }

  /** Lets others sweep there. */
  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }
}

/**
 * What tells a run from one trained otherwise: its configuration, but for where
 * the tokens lie and how its kernels were chosen.
 *
 * @param config The run.
 */
export function digestOf(config: RunConfig): string {
  const text = stringifyRunConfig({
    ...config,
    data: { ...config.data, paths: [] },
    train: { ...config.train, tune: "off" },
    memory: { ...config.memory, limit: null },
  });
  return createHash("sha256").update(text).digest("hex");
}

/** Finished runs; a last line that a crash cut short is dropped. */
async function readResults(path: string): Promise<Map<string, SweepResult>> {
  const file = join(path, "points.jsonl");
  const text = await readIfThere(file) ?? "";
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole.length < text.length) await writeAtomic(file, whole);
  const results = whole.split("\n").slice(0, -1).map((line, i) =>
    parseSweepResult(line, `${file}, line ${i + 1}`)
  );
  return new Map(results.map((result) => [result.name, result]));
}

function parseSweep(
  text: string,
  source: string,
): Pick<SweepFolder, "grids" | "given"> {
  const refuse = (reason: string) => new InputError(`${source}: ${reason}`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw refuse("is not valid JSON");
  }
  const format = fieldOf(json, "format");
  if (format !== FORMAT) {
    throw refuse(`"format" is ${quote(format)}; it must be ${quote(FORMAT)}`);
  }
  const given = fieldOf(json, "given");
  if (!Array.isArray(given)) throw refuse('"given" must be a list');
  const grids = fieldOf(json, "grids");
  if (!Array.isArray(grids)) throw refuse('"grids" must be a list');
  const parsed = grids.map((grid: unknown, i): SweepGrid => {
    const numbers = (key: string): number[] => {
      const list = fieldOf(grid, key);
      if (Array.isArray(list) && list.length > 0 && list.every(isPositive)) {
        return list;
      }
      throw refuse(`"grids[${i}].${key}" must be a list of numbers above 0`);
    };
    const law = fieldOf(grid, "law");
    const constant = (key: string): number => {
      const value = fieldOf(law, key);
      if (isPositive(value) || (key === "E" && value === 0)) return value;
      throw refuse(`"grids[${i}].law.${key}" must be a number above 0`);
    };
    const word = (key: string): string => String(fieldOf(law, key) ?? "a law");
    return {
      budgets: numbers("budgets"),
      ratios: numbers("ratios"),
      law: {
        name: word("name"),
        source: word("source"),
        E: constant("E"),
        A: constant("A"),
        alpha: constant("alpha"),
        B: constant("B"),
        beta: constant("beta"),
      },
    };
  });
  return { grids: parsed, given: new Set(given.map(String)) };
}
