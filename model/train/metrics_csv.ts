import { parse, stringify } from "@std/csv";
import { writeAtomic } from "../../data/atomic_write.ts";
import { InputError } from "../../data/input_error.ts";
import { readIfThere } from "../../data/read_if_there.ts";
import { quote } from "../../data/schema.ts";
import type { EvaluatedEvent, StepEvent } from "./events.ts";

/** Columns of the file, in order. */
export const METRICS_COLUMNS = [
  "step",
  "tokens",
  "flops",
  "seconds",
  "train_loss",
  "val_loss",
  "bits_per_byte",
  "lr",
  "grad_norm",
  "tokens_per_second",
  "peak_bytes",
] as const;

type MetricsRow = Partial<
  Record<typeof METRICS_COLUMNS[number], number | null>
>;

/**
 * A run's numbers as a table: a row for each step and one for each evaluation.
 * A cell that does not apply is empty; a number reads back as the same f64.
 */
export class MetricsCsv {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  #last: StepEvent | undefined;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Opens the table for appending.
   *
   * @param path The file; made with a header where there is none.
   * @param lastStep Step that the run goes on from. Rows of later steps, and a
   * last line cut short by a crash, are dropped.
   * @returns The open table.
   * @throws {InputError} If the file holds something else.
   */
  static async open(path: string, lastStep: number): Promise<MetricsCsv> {
    const old = await readIfThere(path) ?? "";
    await writeAtomic(path, keepUntil(lastStep, old, path));
    return new MetricsCsv(path, await Deno.open(path, { append: true }));
  }

  /**
   * Appends a row. An evaluation that follows its step has the step's tokens,
   * operations and seconds as well.
   *
   * @param event What happened.
   * @throws {Error} If the disk is full.
   */
  append(event: StepEvent | EvaluatedEvent): void {
    if (event.type === "step") {
      this.#last = event;
      this.#write({
        step: event.step,
        tokens: event.tokens,
        flops: event.flops,
        seconds: event.seconds,
        train_loss: event.trainLoss,
        lr: event.learningRate,
        grad_norm: event.gradientNorm,
        tokens_per_second: event.tokensPerSecond,
        peak_bytes: event.peakBytes,
      });
    } else {
      const at = this.#last?.step === event.step ? this.#last : undefined;
      this.#write({
        step: event.step,
        tokens: at?.tokens,
        flops: at?.flops,
        seconds: at?.seconds,
        val_loss: event.validationLoss,
        bits_per_byte: event.bitsPerByte,
      });
    }
  }

  /** Makes what was appended durable. */
  async sync(): Promise<void> {
    await this.#file.sync();
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  #write(row: MetricsRow): void {
    // One write a row: a killed process leaves at most one of them cut short.
    let bytes: Uint8Array = new TextEncoder().encode(
      stringify([row], { columns: METRICS_COLUMNS, headers: false }),
    );
    try {
      while (bytes.length > 0) {
        bytes = bytes.subarray(this.#file.writeSync(bytes));
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(
        `Cannot append to '${this.#path}': ${reason}; mend that and go on with --resume`,
        { cause: error },
      );
    }
  }
}

/** The header and the rows up to a step. */
function keepUntil(lastStep: number, text: string, path: string): string {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const [header, ...rows] = parse(whole);
  if (header !== undefined && header.join() !== METRICS_COLUMNS.join()) {
    throw new InputError(
      `Cannot append to '${path}': its columns are ${
        quote(header.join())
      }; move the file away`,
    );
  }
  const kept = rows.filter(([step], i) => {
    if (!/^\d+$/.test(step)) {
      throw new InputError(
        `Cannot append to '${path}': line ${i + 2} has the step ${
          quote(step)
        }; move the file away`,
      );
    }
    return Number(step) <= lastStep;
  });
  return stringify([METRICS_COLUMNS, ...kept].map((row) => [...row]));
}
