import type { CurationProgress } from "../../data/curate/run_curation.ts";
import { formatBytes, formatCount, formatDuration } from "../../data/format.ts";
import { CLEAR_LINE } from "./clear_line.ts";
import type { Output } from "./output.ts";
import { progressBar } from "./progress_bar.ts";

/** Milliseconds between two redrawings of the live line. */
const LIVE_MS = 100;
/** Milliseconds between two progress lines where there is no terminal. */
const QUIET_MS = 10_000;
/** Seconds before a rate can be relied on. */
const SETTLE_SECONDS = 0.5;

/** Tells people how far a curation is. */
export class CurationReporter {
  readonly #output: Pick<
    Output,
    "json" | "isTerminal" | "note" | "writeNote" | "object"
  >;
  readonly #now: () => number;
  #title = "";
  #started = 0;
  #drawn: number;
  #last: CurationProgress | null = null;

  /**
   * Takes its settings.
   *
   * @param output Where to write.
   * @param now Gives milliseconds on a clock that never goes back.
   */
  constructor(
    output: Pick<
      Output,
      "json" | "isTerminal" | "note" | "writeNote" | "object"
    >,
    now: () => number = () => performance.now(),
  ) {
    this.#output = output;
    this.#now = now;
    this.#drawn = -Infinity;
  }

  /** Tells how far it is. */
  progress(progress: CurationProgress): void {
    const now = this.#now();
    if (progress.title !== this.#title) {
      this.#endStage();
      this.#title = progress.title;
      this.#started = now;
      this.#drawn = this.#output.isTerminal ? -Infinity : now;
    }
    this.#last = progress;
    const { isTerminal } = this.#output;
    if (now - this.#drawn < (isTerminal ? LIVE_MS : QUIET_MS)) return;
    this.#drawn = now;
    if (this.#output.json) {
      this.#output.object({ event: "progress", ...progress });
      return;
    }
    const line = this.#lineOf(progress, (now - this.#started) / 1000);
    if (!isTerminal) this.#output.note(line);
    else {
      const bar = progress.share === null
        ? ""
        : `${progressBar(progress.share)} `;
      this.#output.writeNote(`${CLEAR_LINE}${bar}${line}`);
    }
  }

  /** Tells that a stage need not be run. */
  reuse(title: string): void {
    this.#output.note(`${title}: done before`);
  }

  /** Ends the live line. */
  close(): void {
    this.#endStage();
    this.#last = null;
  }

  #lineOf(progress: CurationProgress, seconds: number): string {
    const { stage, stages, title, share, documents, bytes, message } = progress;
    const isKnown = seconds >= SETTLE_SECONDS;
    const left = share === null || share === 0 || !isKnown
      ? Infinity
      : seconds / share - seconds;
    return [
      stage === 0 ? title : `${stage}/${stages} ${title}`,
      ...(message === "" ? [] : [message]),
      ...(documents > 0 ? [formatCount(documents, "documents")] : []),
      ...(isKnown ? [`${formatBytes(bytes / seconds)}/s`] : []),
      ...(Number.isFinite(left) ? [`${formatDuration(left)} left`] : []),
    ].join(", ");
  }

  /** Says what a stage came to. */
  #endStage(): void {
    if (this.#last === null) return;
    const { stage, stages, title, documents, bytes } = this.#last;
    if (this.#output.isTerminal && !this.#output.json) {
      this.#output.writeNote(CLEAR_LINE);
    }
    const seconds = (this.#now() - this.#started) / 1000;
    const amounts = [
      ...(documents > 0 ? [formatCount(documents, "documents")] : []),
      formatBytes(bytes),
    ];
    this.#output.note(
      `${stage === 0 ? title : `${stage}/${stages} ${title}`}: ${
        amounts.join(", ")
      } in ${formatDuration(seconds)}`,
    );
    this.#last = null;
  }
}
