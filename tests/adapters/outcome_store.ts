import { join } from "@std/path";
import { writeAtomic } from "../../data/atomic_write.ts";
import { cacheFolder } from "../../data/cache_folder.ts";

/** What became of one variant of a kernel. */
export interface VariantOutcome {
  /** What it computes and its name. */
  readonly variant: string;
  /** Why it failed; null where it is right and gives the same bits again. */
  readonly failure: string | null;
}

/** What a cell of the matrix came to. */
export interface CellOutcome {
  /** WebGPU implementation. */
  readonly implementation: string;
  /** Name of the driver. */
  readonly driver: string;
  /** The adapter with its driver and features. */
  readonly adapter: string;
  /** Limits that the device was opened with. */
  readonly limits: string;
  /** Tests that passed. */
  readonly passed: number;
  /** Tests that failed, with their messages. */
  readonly failures: readonly string[];
  /** All variants that ran. */
  readonly variants: readonly VariantOutcome[];
  /** Seconds it took. */
  readonly seconds: number;
  /** Whether it was cut off. */
  readonly timedOut: boolean;
}

/** Outcomes of cells, kept until the kernels or their tests change. */
export class OutcomeStore {
  readonly #path: string | undefined;
  readonly #digest: string;
  readonly #outcomes: Map<string, CellOutcome>;

  private constructor(
    path: string | undefined,
    digest: string,
    outcomes: Map<string, CellOutcome>,
  ) {
    this.#path = path;
    this.#digest = digest;
    this.#outcomes = outcomes;
  }

  /**
   * Opens the store of a repository.
   *
   * @param root The repository.
   * @param fresh Whether to forget what is kept.
   */
  static async open(root: string, fresh: boolean): Promise<OutcomeStore> {
    const folder = cacheFolder();
    const path = folder && join(folder, "adapters.json");
    const digest = await digestOf([
      join(root, "kernels"),
      join(root, "tests/kernels"),
    ]);
    const kept = fresh || !path ? undefined : await read(path);
    const outcomes = kept?.digest === digest ? kept.outcomes : {};
    return new OutcomeStore(path, digest, new Map(Object.entries(outcomes)));
  }

  /** The outcome of a cell, if it is known. */
  get(key: string): CellOutcome | undefined {
    return this.#outcomes.get(key);
  }

  /** Keeps the outcome of a cell. */
  async set(key: string, outcome: CellOutcome): Promise<void> {
    this.#outcomes.set(key, outcome);
    if (!this.#path) return;
    await Deno.mkdir(join(this.#path, ".."), { recursive: true });
    const kept: Kept = {
      digest: this.#digest,
      outcomes: Object.fromEntries(this.#outcomes),
    };
    await writeAtomic(this.#path, JSON.stringify(kept, null, 1) + "\n");
  }
}

interface Kept {
  readonly digest: string;
  readonly outcomes: Record<string, CellOutcome>;
}

/** What an earlier run kept; a file that it did not write counts as none. */
async function read(path: string): Promise<Kept | undefined> {
  try {
    const kept: Partial<Kept> = JSON.parse(await Deno.readTextFile(path));
    return typeof kept.digest === "string" && kept.outcomes
      ? { digest: kept.digest, outcomes: kept.outcomes }
      : undefined;
  } catch {
    return undefined;
  }
}

async function digestOf(folders: readonly string[]): Promise<string> {
  const texts: string[] = [];
  const pending = [...folders];
  for (let folder = pending.pop(); folder; folder = pending.pop()) {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      const path = join(folder, name);
      if (isDirectory) pending.push(path);
      else texts.push(`${path}\n${await Deno.readTextFile(path)}`);
    }
  }
  const bytes = new TextEncoder().encode(texts.sort().join("\n"));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))
    .slice(0, 8).toHex();
}
