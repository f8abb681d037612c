import type { BindingDeclaration, KernelSource } from "./kernel_source.ts";
import { softCapFunctions } from "./soft_cap_wgsl.ts";
import { workgroupTotal } from "./workgroup_total.ts";

/** Logits of a run of rows, and what becomes of them. */
export interface SoftmaxLossProblem {
  /** Rows of logits. */
  readonly rows: number;
  /** Logits in a row, with padding. */
  readonly width: number;
  /** Logits that take part; those beyond are padding. */
  readonly vocabulary: number;
  /** Target that marks a row to leave out. */
  readonly ignoreIndex: number;
  /** Whether the logits are overwritten with their gradients. */
  readonly gradients: boolean;
  /** Bound that logits approach smoothly, or null for none. */
  readonly softcap: number | null;
  /** Where the first row's target and loss lie in what is bound. */
  readonly base: { readonly targets: number; readonly losses: number };
}

/** One way to compute softmax and loss: how many invocations share a row. */
export interface SoftmaxLossVariant {
  /** Name for messages and the tuner. */
  readonly name: string;
  /** Rows of a workgroup. */
  readonly groupRows: number;
  /** Invocations that share a row, a power of two. */
  readonly sharing: number;
  /** Whether their subgroups join first; for one row a workgroup. */
  readonly subgroups: boolean;
}

/** Far below any logit, yet finite: its differences have an exponential of 0. */
const LOWEST = "-1e30";

/**
 * Softmax and cross-entropy of rows of logits. One reading finds the maximum
 * and the sum of exponentials together, rescaling the sum where the maximum
 * grows; with gradients a second one overwrites each logit by
 * (softmax − onehot)·scale. Where invocations share a row they take
 * neighbouring elements, and their sums are joined in a fixed order.
 *
 * Bindings: losses, logits, targets, and `scale` where there are gradients.
 */
export function softmaxLossKernel(
  problem: SoftmaxLossProblem,
  variant: SoftmaxLossVariant,
): KernelSource {
  const { name, groupRows, sharing, subgroups } = variant;
  const { rows, base, gradients } = problem;
  const vector = problem.width % 4 === 0;
  const invocations = groupRows * sharing;
  return {
    name: `softmax_loss_${name}`,
    extensions: subgroups ? ["subgroups"] : [],
    bindings: [
      { name: "losses", element: "f32", access: "write" },
      {
        name: "logits",
        element: vector ? "vec4<f32>" : "f32",
        access: gradients ? "write" : "read",
        // Invocations that share a row have all read before they write.
        ...(gradients ? { reads: "old" } as const : {}),
      },
      { name: "targets", element: "u32", access: "read" },
      ...(gradients
        ? [{ name: "scale", element: "f32", access: "read" } as const]
        : []),
    ],
    body: `${capFunctions(problem, vector)}
${
      sharing === 1 ? "" : `
var<workgroup> maxima: array<f32, ${invocations}>;
var<workgroup> sums: array<f32, ${invocations}>;`
    }
@compute @workgroup_size(${sharing}, ${groupRows})
fn main(
  @builtin(workgroup_id) group_id: vec3<u32>,
  @builtin(num_workgroups) group_count: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let group = group_id.y * group_count.x + group_id.x;
  let row = group * ${groupRows}u + local.y;
  let inside = row < ${rows}u;
  let slot = local.y * ${sharing}u + local.x;
  var target_id = ${problem.ignoreIndex}u;
  if (inside) { target_id = targets[${base.targets}u + row]; }
  let counts = inside && target_id != ${problem.ignoreIndex}u &&
    target_id < ${problem.vocabulary}u;
  var highest = ${LOWEST};
  var total = 0.0;
  var target_logit = 0.0;
  if (counts) {
    ${sumLoop(problem, sharing, vector)}
    ${targetLogit(problem, vector)}
  }
  ${
      sharing === 1
        ? ""
        : subgroups
        ? subgroupJoin(sharing)
        : pairwiseJoin(sharing)
    }
  if (inside && local.x == 0u) {
    losses[${base.losses}u + row] = select(0.0, log(total) + highest - target_logit, counts);
  }
  ${gradients ? gradientLoop(problem, sharing, vector) : ""}
}`,
  };
}

function capFunctions(
  { softcap }: SoftmaxLossProblem,
  vector: boolean,
): string {
  if (softcap === null) return "";
  const one = softCapFunctions(softcap, "f32", "_of_one");
  return vector ? one + softCapFunctions(softcap, "vec4<f32>") : one;
}

/** A logit, or four, as the softmax sees them. */
function capped(
  { softcap }: SoftmaxLossProblem,
  logit: string,
  vector: boolean,
): string {
  if (softcap === null) return logit;
  return `soft_cap${vector ? "" : "_of_one"}(${logit})`;
}

/** Joins the maxima and sums of a row by halves of its invocations. */
function pairwiseJoin(sharing: number): string {
  return `maxima[slot] = highest;
  sums[slot] = total;
  for (var half = ${sharing / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local.x < half) {
      let joined = max(maxima[slot], maxima[slot + half]);
      sums[slot] = sums[slot] * exp(maxima[slot] - joined) +
        sums[slot + half] * exp(maxima[slot + half] - joined);
      maxima[slot] = joined;
    }
  }
  workgroupBarrier();
  highest = maxima[slot - local.x];
  total = sums[slot - local.x];`;
}

/** The same by subgroups, as {@linkcode workgroupTotal} adds up. */
function subgroupJoin(sharing: number): string {
  return `let rank = subgroupExclusiveAdd(1u);
  let lanes = subgroupAdd(1u);
  let among = subgroupMax(highest);
  let part = subgroupAdd(total * exp(highest - among));
  maxima[slot] = select(${LOWEST}, among, rank == 0u);
  sums[slot] = select(0.0, part, rank == 0u);
  workgroupBarrier();
  var most = ${LOWEST};
  for (var at = rank; at < ${sharing}u; at += lanes) { most = max(most, maxima[at]); }
  highest = subgroupMax(most);
  total = 0.0;
  for (var at = rank; at < ${sharing}u; at += lanes) {
    total += sums[at] * exp(maxima[at] - highest);
  }
  total = subgroupAdd(total);`;
}

function sumLoop(
  problem: SoftmaxLossProblem,
  sharing: number,
  vector: boolean,
): string {
  const { width, vocabulary } = problem;
  if (!vector) {
    return `for (var i = local.x; i < ${vocabulary}u; i += ${sharing}u) {
      let logit = ${capped(problem, `logits[row * ${width}u + i]`, false)};
      let joined = max(highest, logit);
      total = total * exp(highest - joined) + exp(logit - joined);
      highest = joined;
    }`;
  }
  const load = capped(problem, `logits[row * ${width / 4}u + i]`, true);
  return `for (var i = local.x; i < ${
    Math.ceil(vocabulary / 4)
  }u; i += ${sharing}u) {
      let logit = ${
    vocabulary % 4 === 0
      ? load
      : `select(vec4(${LOWEST}), ${load}, ${withinVocabulary(vocabulary)})`
  };
      let joined = max(highest, max(max(logit.x, logit.y), max(logit.z, logit.w)));
      total = total * exp(highest - joined) + dot(exp(logit - joined), vec4(1.0));
      highest = joined;
    }`;
}

function withinVocabulary(vocabulary: number): string {
  return `vec4(i * 4u) + vec4(0u, 1u, 2u, 3u) < vec4(${vocabulary}u)`;
}

function targetLogit(problem: SoftmaxLossProblem, vector: boolean): string {
  const { width } = problem;
  const logit = vector
    ? `logits[row * ${width / 4}u + target_id / 4u][target_id % 4u]`
    : `logits[row * ${width}u + target_id]`;
  return `target_logit = ${capped(problem, logit, false)};`;
}

/** Rows that do not count, and padding, get zeros. */
function gradientLoop(
  problem: SoftmaxLossProblem,
  sharing: number,
  vector: boolean,
): string {
  const { width, vocabulary } = problem;
  const count = vector ? width / 4 : width;
  const zero = vector ? "vec4<f32>()" : "0.0";
  const hit = vector
    ? "select(vec4<f32>(), vec4(1.0), vec4(i * 4u) + vec4(0u, 1u, 2u, 3u) == vec4(target_id))"
    : "select(0.0, 1.0, i == target_id)";
  const within = vector ? withinVocabulary(vocabulary) : `i < ${vocabulary}u`;
  const slope = `soft_cap_slope${vector ? "" : "_of_one"}(logit)`;
  const value = `(exp(logit - highest) * inverse - ${hit}) * factor${
    problem.softcap === null ? "" : ` * ${slope}`
  }`;
  // Other invocations of the row have read its target's logit by now: they
  // passed a barrier since.
  return `if (!inside) { return; }
  let factor = scale[0];
  let inverse = 1.0 / total;
  for (var i = local.x; i < ${count}u; i += ${sharing}u) {
    let at = row * ${count}u + i;
    let logit = ${capped(problem, "logits[at]", vector)};
    var slope = ${zero};
    if (counts) { slope = ${
    vocabulary === width ? value : `select(${zero}, ${value}, ${within})`
  }; }
    logits[at] = slope;
  }`;
}

/** Invocations of the one workgroup that adds up the losses of rows. */
const SUMMING = 64;

/**
 * Adds up the losses of rows, times the scale: one workgroup, each invocation
 * every 64th row, then all of those.
 *
 * Bindings: loss, losses, scale.
 */
export function lossSumKernel(
  rows: number,
  base: number,
  options: { readonly accumulate: boolean; readonly subgroups: boolean },
): KernelSource {
  const { accumulate, subgroups } = options;
  const bindings: BindingDeclaration[] = [
    { name: "loss", element: "f32", access: "write" },
    { name: "losses", element: "f32", access: "read" },
    { name: "scale", element: "f32", access: "read" },
  ];
  return {
    name: "loss_sum",
    bindings,
    extensions: subgroups ? ["subgroups"] : [],
    body: `${workgroupTotal({ threads: SUMMING, element: "f32", subgroups })}
@compute @workgroup_size(${SUMMING})
fn main(@builtin(local_invocation_index) local: u32) {
  var sum = 0.0;
  for (var row = local; row < ${rows}u; row += ${SUMMING}u) {
    sum += losses[${base}u + row];
  }
  let total = group_total(local, sum);
  if (local == 0u) { loss[0] = ${
      accumulate ? "loss[0] + " : ""
    }total * scale[0]; }
}`,
  };
}
