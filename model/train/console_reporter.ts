import { formatBytes, formatCount, formatDuration } from "../../data/format.ts";
import { CLEAR_LINE } from "../command/clear_line.ts";
import type { Output } from "../command/output.ts";
import { tableLines } from "../command/table.ts";
import { progressBar } from "../command/progress_bar.ts";
import type {
  EvaluatedEvent,
  ExerciseResult,
  FinishedEvent,
  PredictedOutcome,
  SampledEvent,
  StartedEvent,
  StepEvent,
  TrainEvent,
} from "./events.ts";

/** Milliseconds between two drawings of the live line. */
const REDRAW_MS = 100;

/** Milliseconds between two progress lines where there is no terminal. */
const QUIET_MS = 10_000;

/** Where a {@linkcode ConsoleReporter} writes. */
export interface ReporterOptions {
  /** The command's output. */
  readonly output: Pick<
    Output,
    "json" | "isTerminal" | "color" | "line" | "note" | "writeNote" | "object"
  >;
  /** Gives milliseconds on a clock that never goes back. */
  readonly now?: () => number;
  /** Gives the width of the terminal in characters. */
  readonly columns?: () => number;
}

/**
 * Tells people, or with `--json` machines, how training goes. On a terminal one
 * line shows the progress and is redrawn; elsewhere a line appears every ten
 * seconds. Evaluations, samples and checkpoints stay.
 */
export class ConsoleReporter {
  readonly #output: ReporterOptions["output"];
  readonly #now: () => number;
  readonly #columns: () => number;
  #predicted: PredictedOutcome | undefined;
  #skipped = 0;
  #live = "";
  #drawnAt = -Infinity;
  #readingSince: number | undefined;

  /**
   * Takes its settings.
   *
   * @param options Where to write.
   */
  constructor(options: ReporterOptions) {
    this.#output = options.output;
    this.#now = options.now ?? (() => performance.now());
    this.#columns = options.columns ?? (() => Deno.consoleSize().columns);
  }

  /**
   * Tells of one event.
   *
   * @param event What happened.
   */
  report(event: TrainEvent): void {
    if (this.#output.json) return this.#output.object({ ...event });
    switch (event.type) {
      case "started":
        this.#predicted = event.predicted;
        return this.#keep(...describeStart(event));
      case "step":
        return this.#progress(event);
      case "evaluated":
        return this.#keep(describeEvaluation(event));
      case "sampled":
        return this.#keep(...this.#describeSample(event));
      case "checkpointed":
        return this.#keep(
          `step ${event.step}: saved ${event.path}${
            event.best ? " (best so far)" : ""
          }`,
        );
      case "finished":
        this.#live = "";
        return this.#keep(...describeEnd(event, this.#predicted));
      case "notice":
        return this.#keep(event.message);
    }
  }

  /**
   * Tells how far the data is prepared, before training starts. Without a
   * terminal what takes no ten seconds is not worth a line.
   *
   * @param share Share done, from 0 to 1.
   * @param doing What is being done, as "reading the text".
   */
  preparing(share: number, doing: string): void {
    if (this.#output.json) return;
    const { isTerminal } = this.#output;
    const wait = isTerminal ? REDRAW_MS : QUIET_MS;
    this.#readingSince ??= this.#now();
    const last = Math.max(this.#readingSince, this.#drawnAt);
    if (this.#now() - last < wait) return;
    this.#drawnAt = this.#now();
    const text = `${doing}: ${Math.floor(100 * share)} %`;
    if (!isTerminal) return this.#output.note(text);
    this.#live = `${progressBar(share)} ${text}`;
    this.#output.writeNote(CLEAR_LINE + this.#live);
  }

  /** Takes the live line away, for whatever is written next. */
  close(): void {
    if (this.#output.isTerminal && !this.#output.json) {
      this.#output.writeNote(CLEAR_LINE);
    }
    this.#live = "";
  }

  #progress(event: StepEvent): void {
    if (event.skipped) this.#skipped++;
    const { isTerminal } = this.#output;
    const wait = isTerminal ? REDRAW_MS : QUIET_MS;
    if (this.#now() - this.#drawnAt < wait) return;
    this.#drawnAt = this.#now();
    const parts = [
      `${event.step}/${event.steps}`,
      `loss ${event.trainLoss.toFixed(4)}`,
      formatCount(event.tokensPerSecond, "tokens/s"),
      formatCount(event.flopsPerSecond, "FLOP/s", true),
      `${formatDuration(event.secondsLeft)} left`,
    ];
    if (this.#predicted) {
      const { tokens } = this.#predicted;
      parts.splice(
        1,
        0,
        `${formatCount(event.tokens)} of ${
          formatCount(tokens, "tokens")
        } predicted`,
      );
    }
    if (this.#skipped > 0) parts.push(`${this.#skipped} skipped`);
    if (!isTerminal) return this.#output.note(`step ${parts.join(", ")}`);
    const line = `${progressBar(event.step / event.steps)} ${parts.join("  ")}`;
    // A line that wraps could not be cleared.
    this.#live = line.slice(0, Math.max(this.#columns() - 1, 0));
    this.#output.writeNote(CLEAR_LINE + this.#live);
  }

  /** Writes lines that stay, above the live one. */
  #keep(...lines: readonly string[]): void {
    const { isTerminal } = this.#output;
    if (isTerminal) this.#output.writeNote(CLEAR_LINE);
    for (const line of lines) this.#output.line(line);
    if (isTerminal) this.#output.writeNote(this.#live);
  }

  #describeSample({ step, prompt, text }: SampledEvent): readonly string[] {
    const shown = printable(prompt);
    const head = this.#output.color ? `\x1b[1m${shown}\x1b[22m` : shown;
    return [
      `step ${step}: sample`,
      ...(head + printable(text)).split("\n").map((line) => `  ${line}`),
    ];
  }
}

function describeStart(event: StartedEvent): readonly string[] {
  const parameters = formatCount(event.parameters, "parameters");
  const memory = Object.entries(event.planBytes)
    .filter(([, bytes]) => bytes > 0)
    .map(([category, bytes]) => `${category} ${formatBytes(bytes)}`);
  const upTo = event.config.train.batch_ramp > 0 ? "up to " : "";
  const resumed = event.step > 0 ? `, going on from step ${event.step}` : "";
  return [
    `${parameters} on ${event.device}`,
    `${event.steps} steps of ${upTo}${event.tokensPerStep} tokens${resumed}`,
    `memory ${formatBytes(event.peakBytes)}: ${memory.join(", ")}`,
  ];
}

function describeEvaluation(event: EvaluatedEvent): string {
  const { step, validationLoss, bitsPerByte, predictedLoss } = event;
  return `step ${step}: validation loss ${validationLoss.toFixed(4)}` +
    (predictedLoss === null ? "" : ` (predicted ${predictedLoss.toFixed(2)})`) +
    (bitsPerByte === null ? "" : `, ${bitsPerByte.toFixed(4)} bits per byte`);
}

const REASONS: Readonly<Record<FinishedEvent["reason"], string>> = {
  completed: "finished",
  interrupted: "interrupted",
};

function describeEnd(
  event: FinishedEvent,
  predicted: PredictedOutcome | undefined,
): readonly string[] {
  const { step, seconds, validationLoss, checkpoint, exercises = [] } = event;
  const loss = validationLoss === null
    ? ""
    : `, validation loss ${validationLoss.toFixed(4)}`;
  return [
    `${REASONS[event.reason]} after ${step} steps, ` +
    `${formatDuration(seconds)}${loss}`,
    ...(predicted ? outcomeTable(event, predicted) : []),
    ...(exercises.length > 0 ? exerciseTable(exercises) : []),
    ...(checkpoint === null ? [] : [`checkpoint ${checkpoint}`]),
  ];
}

/** What was predicted beside what came of it. */
function outcomeTable(
  { spent, tokens, validationLoss }: FinishedEvent,
  predicted: PredictedOutcome,
): string[] {
  const row = (
    name: string,
    expected: number | null,
    actual: number | null | undefined,
    format: (value: number) => string,
  ): string[][] =>
    expected === null || actual === null || actual === undefined ? [] : [[
      name,
      format(expected),
      format(actual),
      `${actual < expected ? "" : "+"}${
        (100 * (actual / expected - 1)).toFixed(1)
      } %`,
    ]];
  return tableLines(
    [
      { title: "", align: "left" },
      { title: "predicted", align: "right" },
      { title: "actual", align: "right" },
      { title: "difference", align: "right" },
    ],
    [
      ...row("time", predicted.seconds, spent, formatDuration),
      ...row("tokens", predicted.tokens, tokens, (n) => formatCount(n)),
      ...row("loss", predicted.loss, validationLoss, (n) => n.toFixed(4)),
    ],
  );
}

/** Accuracy on held-out exercises by skill, beside that of guessing. */
function exerciseTable(exercises: readonly ExerciseResult[]): string[] {
  const sum = (of: (result: ExerciseResult) => number) =>
    exercises.reduce((total, result) => total + of(result), 0);
  const total = sum((result) => result.total);
  const all: ExerciseResult = {
    skill: "all",
    correct: sum((result) => result.correct),
    total,
    chance: sum((result) => result.chance * result.total) / total,
  };
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  return tableLines(
    [
      { title: "held-out exercises", align: "left" },
      { title: "right", align: "right" },
      { title: "accuracy", align: "right" },
      { title: "chance", align: "right" },
    ],
    [...exercises, all].map(({ skill, correct, total, chance }) => [
      skill,
      `${correct} of ${total}`,
      percent(correct / total),
      percent(chance),
    ]),
  );
}

/**
 * A model's text as a terminal may show it: control characters, which could
 * move the cursor or change the terminal's state, become visible.
 */
function printable(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(
    /[^\P{Cc}\n\t]/gu,
    (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
