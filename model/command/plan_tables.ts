import { formatBytes, formatCount, formatDuration } from "../../data/format.ts";
import type { LargestModel } from "../budget/largest_model.ts";
import type { PaperModel } from "../budget/paper_modes.ts";
import type {
  PlanCandidate,
  PlanQuestion,
  RunPlan,
} from "../budget/run_plan.ts";
import type { RecomputePolicy } from "../../kernels/plan/recompute.ts";
import { type Column, tableLines } from "./table.ts";

const right = (title: string): Column => ({ title, align: "right" });
const left = (title: string): Column => ({ title, align: "left" });

const CANDIDATES: readonly Column[] = [
  right(""),
  right("parameters"),
  right("blocks"),
  right("width"),
  right("tokens"),
  right("tokens/parameter"),
  right("predicted loss"),
  right("time"),
  right("step"),
  right("memory"),
  left("recomputed"),
];

/**
 * The models that a plan weighed.
 *
 * @returns Lines of a table; the choice is marked with `>`.
 */
export function candidateTable({ candidates, chosen }: RunPlan): string[] {
  return tableLines(
    CANDIDATES,
    candidates.map((candidate) => {
      const { shape, tokens, predictedLoss, seconds, fit } = candidate;
      return [
        shape === chosen.shape ? ">" : "",
        formatCount(shape.parameters),
        String(shape.layers),
        String(shape.width),
        formatCount(tokens),
        (tokens / shape.parameters).toPrecision(3),
        predictedLoss.toFixed(3),
        formatDuration(seconds),
        fit ? `${fit.accumulation} × ${fit.batch}` : "",
        fit ? formatBytes(fit.peakBytes) : "does not fit",
        fit ? policyText(fit.policy, candidate) : "",
      ];
    }),
  );
}

/** What a plan decided, in a line. */
export function choiceLine(
  { base }: Pick<PlanQuestion, "base">,
  { chosen }: Pick<RunPlan, "chosen">,
): string {
  const { shape, tokens, steps, fit, learningRate } = chosen;
  const upTo = base.train.batch_ramp > 0 ? "up to " : "";
  return `Choice: ${formatCount(shape.parameters, "parameters")}, ` +
    `${shape.layers} blocks of width ${shape.width}, ${
      formatCount(tokens, "tokens")
    } in ${steps} steps of ${upTo}${fit.accumulation} × ${fit.batch} × ` +
    `${base.train.context}, learning rate ${learningRate}`;
}

/** Times the FLOP of its largest run from which on a law is told to guess. */
const FAR = 100;

/** Where a plan's law does not hold, in a line each. */
export function lawNotes(
  { law }: Pick<PlanQuestion, "law">,
  { chosen }: Pick<RunPlan, "chosen">,
): string[] {
  const { vocab_size } = chosen.shape.config;
  const flops = chosen.tokens * chosen.shape.flopsPerToken;
  const guessing = Math.log(vocab_size);
  return [
    ...(chosen.predictedLoss > guessing
      ? [
        `Note: guessing has a loss of ${guessing.toFixed(2)} here, so the ` +
        "law's losses say nothing at this size; fit one of your own",
      ]
      : []),
    ...(law.vocabulary !== undefined && law.vocabulary !== vocab_size
      ? [
        `Note: ${law.name} was fitted to models of ${law.vocabulary} tokens, ` +
        `and here are ${vocab_size}; its losses a token do not compare`,
      ]
      : []),
    ...(law.flops !== undefined && flops > FAR * law.flops
      ? [
        `Note: ${law.name} was fitted to runs of up to ` +
        `${law.flops.toExponential(1)} FLOP, and here are ` +
        `${flops.toExponential(1)}; so far beyond them it is a guess: ` +
        "sweep larger amounts, or plan by a published law",
      ]
      : []),
  ];
}

/** Which activations a plan computes again, for people. */
export function policyText(
  { elementwise, blocks }: RecomputePolicy,
  { shape }: Pick<PlanCandidate, "shape">,
): string {
  if (blocks > 0) return `${blocks} of ${shape.layers} blocks`;
  return elementwise ? "cheap results" : "nothing";
}

/**
 * The largest model of each way of training that exists.
 *
 * @param models The models.
 * @param limit Bytes that they were to fit.
 */
export function largestTable(
  models: readonly LargestModel[],
  limit: number,
): string[] {
  return [
    `Largest model to train in ${formatBytes(limit)}, one sequence at a time:`,
    ...tableLines(
      [
        left("mode"),
        right("parameters"),
        right("blocks"),
        right("width"),
        right("memory"),
      ],
      models.map(({ mode, shape, peakBytes }) => [
        mode,
        shape ? formatCount(shape.parameters) : "none",
        shape ? String(shape.layers) : "",
        shape ? String(shape.width) : "",
        shape ? formatBytes(peakBytes) : "",
      ]),
    ),
  ];
}

/**
 * A known model in every way of training, on paper.
 *
 * @param model The model.
 * @param limit Bytes that it shall fit.
 */
export function paperTable(
  { name, parameters, modes, keptBytes, replayedBytes }: PaperModel,
  limit: number,
): string[] {
  return [
    `${name} on paper, ${
      parameters.toLocaleString("en-US")
    } parameters; with one ` +
    `sequence of 2,048 tokens come ${formatBytes(keptBytes)} of activations, ` +
    `or ${formatBytes(replayedBytes)} with blocks recomputed:`,
    ...tableLines(
      [
        left("mode"),
        right("before activations"),
        right(`fits ${formatBytes(limit)}`),
        right("mode exists in minnow"),
      ],
      modes.map(({ mode, stateBytes, exists }) => [
        mode,
        `${(stateBytes / 2 ** 30).toFixed(2)} GiB`,
        stateBytes + keptBytes <= limit
          ? "yes"
          : stateBytes + replayedBytes <= limit
          ? "recomputed"
          : "no",
        exists ? "yes" : "no",
      ]),
    ),
  ];
}
