import { join } from "@std/path";
import { writeAtomic } from "../../data/atomic_write.ts";
import type { Output } from "../../model/command/output.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import { type Column, tableLines } from "../../model/command/table.ts";

/** One result: what JSON can hold. */
export type ResultRow = Readonly<Record<string, unknown>>;

/** Where and when results were measured. */
export interface Circumstances {
  /** Day, `2025-01-31`. */
  readonly date: string;
  /** Name of the adapter. */
  readonly adapter: string;
  /** Its driver. */
  readonly driver: string;
  /** Whether shaders run on a CPU. */
  readonly software: boolean;
  /** Cores of the CPU. */
  readonly cores: number;
  /** Version of Deno. */
  readonly deno: string;
}

/**
 * What has to be known to compare results.
 *
 * @param gpu Device that is measured.
 * @returns Adapter, driver, cores, version and date.
 */
export function circumstancesOf(
  gpu: Pick<Gpu, "adapter" | "capabilities">,
): Circumstances {
  return {
    date: new Date().toISOString().slice(0, 10),
    adapter: gpu.adapter.name,
    driver: gpu.adapter.driver,
    software: gpu.capabilities.software,
    cores: navigator.hardwareConcurrency,
    deno: Deno.version.deno,
  };
}

/** The results of one part of the benchmark, printed and kept. */
export class Report {
  readonly #part: string;
  readonly #circumstances: Circumstances;
  readonly #output: Output;
  readonly #rows: ResultRow[] = [];

  /**
   * Begins a part, and says on what it runs.
   *
   * @param part Name of the part.
   * @param circumstances Where and when.
   * @param output Where to print.
   */
  constructor(part: string, circumstances: Circumstances, output: Output) {
    this.#part = part;
    this.#circumstances = circumstances;
    this.#output = output;
    const { adapter, software, cores, date, deno } = circumstances;
    const where = software ? ` on ${cores} CPU cores` : "";
    output.line(`${part}: ${adapter}${where}, Deno ${deno}, ${date}`);
  }

  /** Adds a result, printed at once for machines. */
  add(row: ResultRow): void {
    this.#rows.push(row);
    const { adapter, date } = this.#circumstances;
    this.#output.object({ bench: this.#part, ...row, adapter, date });
  }

  /** Prints a table for people. */
  table(
    columns: readonly Column[],
    rows: readonly (readonly string[])[],
  ): void {
    for (const line of tableLines(columns, rows)) this.#output.line(line);
    this.#output.line();
  }

  /** Prints a line for people. */
  line(text: string): void {
    this.#output.line(text);
  }

  /**
   * Saves the results.
   *
   * @param folder Folder that exists or is made.
   * @param configs Configurations that were named; none for the usual ones.
   * @returns Path of the file.
   */
  async save(folder: string, configs: readonly string[]): Promise<string> {
    await Deno.mkdir(folder, { recursive: true });
    const { date, adapter } = this.#circumstances;
    const name = [date, slug(adapter), this.#part, ...configs.map(slug)];
    const path = join(folder, `${name.join("-")}.json`);
    const contents = {
      bench: this.#part,
      ...this.#circumstances,
      results: this.#rows,
    };
    await writeAtomic(path, JSON.stringify(contents, null, 2) + "\n");
    this.#output.note(`saved ${path}`);
    return path;
  }
}

/**
 * A name as a part of a file name: lower case, digits and hyphens.
 *
 * @param name Any name.
 * @returns The slug; `unknown` where nothing is left.
 */
export function slug(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "") || "unknown";
}
