import { formatCount, formatDuration } from "../../data/format.ts";
import type { SweepEvent } from "../budget/run_sweep.ts";
import { CLEAR_LINE } from "./clear_line.ts";
import type { Output } from "./output.ts";
import { progressBar } from "./progress_bar.ts";

/** Milliseconds between two drawings of the live line. */
const REDRAW_MS = 100;
/** Milliseconds between two progress lines where there is no terminal. */
const QUIET_MS = 30_000;

/** Tells people, or with `--json` machines, how a sweep goes. */
export class SweepReporter {
  readonly #output: Pick<
    Output,
    "json" | "isTerminal" | "line" | "note" | "writeNote" | "object"
  >;
  readonly #now: () => number;
  #drawn = -Infinity;

  /**
   * Takes its settings.
   *
   * @param output Where to write.
   * @param now Gives milliseconds on a clock that never goes back.
   */
  constructor(
    output: Pick<
      Output,
      "json" | "isTerminal" | "line" | "note" | "writeNote" | "object"
    >,
    now: () => number = () => performance.now(),
  ) {
    this.#output = output;
    this.#now = now;
  }

  /** Tells of one event. */
  report(event: SweepEvent): void {
    switch (event.type) {
      case "progress":
        return this.#progress(event);
      case "notice":
        return this.#keep(event.message);
      case "point": {
        const { result } = event;
        this.#output.object({ type: "point", ...result });
        return this.#keep(
          `${result.name}: ${formatCount(result.parameters, "parameters")}, ${
            formatCount(result.tokens, "tokens")
          }, loss ${result.loss.toFixed(4)} (${
            formatDuration(result.seconds)
          })`,
        );
      }
    }
  }

  /** Takes the live line away. */
  close(): void {
    if (this.#output.isTerminal) this.#output.writeNote(CLEAR_LINE);
  }

  #progress(event: Extract<SweepEvent, { type: "progress" }>): void {
    const { isTerminal } = this.#output;
    const wait = isTerminal ? REDRAW_MS : QUIET_MS;
    if (this.#now() - this.#drawn < wait) return;
    this.#drawn = this.#now();
    const { point, finished, total, share, trainLoss, secondsLeft } = event;
    const text = [
      `run ${finished + 1} of ${total}, ${point.name}`,
      ...(trainLoss === null ? [] : [`loss ${trainLoss.toFixed(4)}`]),
      ...(Number.isFinite(secondsLeft)
        ? [`${formatDuration(secondsLeft)} left`]
        : []),
    ].join("  ");
    if (isTerminal) {
      this.#output.writeNote(`${CLEAR_LINE}${progressBar(share)} ${text}`);
    } else this.#output.note(`${Math.floor(100 * share)} %  ${text}`);
  }

  #keep(text: string): void {
    this.close();
    this.#output.line(text);
  }
}
