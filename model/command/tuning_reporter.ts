import { formatDuration } from "../../data/format.ts";
import type { TuningProgress } from "../../kernels/tune/tuner.ts";
import { CLEAR_LINE } from "./clear_line.ts";
import type { Output } from "./output.ts";
import { progressBar } from "./progress_bar.ts";

/** Milliseconds between two progress lines where there is no terminal. */
const QUIET_MS = 10_000;

/** Tells people how far the timing of kernels is. */
export class TuningReporter {
  readonly #output: Pick<Output, "json" | "isTerminal" | "note" | "writeNote">;
  readonly #now: () => number;
  #drawn: number;

  /**
   * Takes its settings.
   *
   * @param output Where to write.
   * @param now Gives milliseconds on a clock that never goes back.
   */
  constructor(
    output: Pick<Output, "json" | "isTerminal" | "note" | "writeNote">,
    now: () => number = () => performance.now(),
  ) {
    this.#output = output;
    this.#now = now;
    this.#drawn = now();
  }

  /** Tells how far it is. */
  progress({ done, total, key, secondsLeft }: TuningProgress): void {
    if (this.#output.json) return;
    const parts = [
      `timing kernels: ${done}/${total}`,
      key,
      ...(Number.isFinite(secondsLeft)
        ? [`${formatDuration(Math.max(0, secondsLeft))} left`]
        : []),
    ];
    if (this.#output.isTerminal) {
      const bar = progressBar(done / total);
      this.#output.writeNote(`${CLEAR_LINE}${bar} ${parts.join(", ")}`);
      return;
    }
    if (this.#now() - this.#drawn < QUIET_MS) return;
    this.#drawn = this.#now();
    this.#output.note(parts.join(", "));
  }

  /** Takes the live line away. */
  close(): void {
    if (this.#output.isTerminal && !this.#output.json) {
      this.#output.writeNote(CLEAR_LINE);
    }
  }
}
