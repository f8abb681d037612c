import { formatCount, formatDuration } from "../../data/format.ts";
import type { FittedLaw } from "../budget/fit_law.ts";
import type { SweepFit } from "../budget/fit_sweep.ts";
import { predictLoss } from "../budget/scaling_law.ts";
import { formatBudget } from "../budget/sweep_plan.ts";
import type { SweepResult } from "../budget/sweep_result.ts";
import { type Column, tableLines } from "./table.ts";

const right = (title: string): Column => ({ title, align: "right" });
const left = (title: string): Column => ({ title, align: "left" });

const RUNS: readonly Column[] = [
  right("FLOP"),
  right("parameters"),
  right("blocks"),
  right("width"),
  right("tokens"),
  right("steps"),
  right("learning rate"),
  right("time"),
  right("loss"),
  right("over the best"),
  right("predicted"),
  right("fitted"),
  left(""),
];

/**
 * The runs of a sweep.
 *
 * @param results The runs, by amount of training and size.
 * @param law The law fitted to them, if there is one.
 * @returns Lines of a table; what the sweep's law chose is marked.
 */
export function sweepTable(
  results: readonly SweepResult[],
  law: FittedLaw | null,
): string[] {
  const best = new Map<number, number>();
  for (const { budget, loss } of results) {
    best.set(budget, Math.min(loss, best.get(budget) ?? Infinity));
  }
  return tableLines(
    RUNS,
    results.map((result) => {
      const { budget, parameters, tokens, loss } = result;
      const over = loss / (best.get(budget) ?? loss) - 1;
      return [
        formatBudget(budget),
        formatCount(parameters),
        String(result.layers),
        String(result.width),
        formatCount(tokens),
        String(result.steps),
        String(result.learning_rate),
        formatDuration(result.seconds),
        loss.toFixed(4),
        over === 0 ? "best" : `${(100 * over).toFixed(2)} %`,
        result.predicted_loss.toFixed(3),
        law === null
          ? ""
          : predictLoss(law.constants, parameters, tokens, result.unique_tokens)
            .toFixed(4),
        result.chosen ? "chosen by the law" : "",
      ];
    }),
  );
}

/**
 * The best sizes that a sweep shows, and its law.
 *
 * @returns Lines for people.
 */
export function fitLines({ isoFlop, law, refusals }: SweepFit): string[] {
  const { minima, sizeExponent } = isoFlop;
  const lines = minima.map(({ flops, parameters, loss, inside }) =>
    `Best size for ${formatBudget(flops)} FLOP: ${
      formatCount(parameters, "parameters")
    }, loss ${loss.toFixed(4)}${
      inside ? "" : "; outside of the sizes tried, so move or widen them"
    }`
  );
  if (sizeExponent !== null) {
    lines.push(
      `The best size grows with FLOP to the power ${sizeExponent.toFixed(3)}`,
    );
  }
  if (law) {
    const { constants, intervals, residual, points } = law;
    const { E, A, alpha, B, beta } = constants;
    lines.push(
      `Law: loss = ${digits(E)} + ${digits(A)} / N^${digits(alpha)} + ` +
        `${digits(B)} / D^${digits(beta)}, off by ${
          (100 * residual).toFixed(2)
        } % over ${points} runs`,
      ...(["E", "A", "alpha", "B", "beta"] as const).map((key) => {
        const [low, high] = intervals[key];
        return `  ${key.padEnd(5)} ${digits(constants[key]).padStart(7)}, ` +
          `19 in 20 of the fits to runs drawn anew from ${digits(low)} to ${
            digits(high)
          }`;
      }),
    );
  }
  return [...lines, ...refusals.map((reason) => `Not fitted: ${reason}`)];
}

function digits(value: number): string {
  return String(Number(value.toPrecision(4)));
}
