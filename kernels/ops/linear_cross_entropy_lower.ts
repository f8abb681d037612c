import type { Capabilities } from "../runtime/capabilities.ts";
import { bindableBytes } from "./bindable_bytes.ts";
import { foldWorkgroups, MOST_LOOP_TURNS } from "./launch.ts";
import { bindRange } from "./matmul_blocks.ts";
import { lowerMatmul, type MatmulContext } from "./matmul_lower.ts";
import type { LowerContext } from "./op_spec.ts";
import { gradientPrecision } from "./operand_precision.ts";
import {
  lossSumKernel,
  softmaxLossKernel,
  type SoftmaxLossVariant,
} from "./softmax_loss_kernels.ts";
import { BYTES_PER_ELEMENT, type Tensor } from "./tensor.ts";

/** What the launches of a head with loss depend on besides shapes. */
export interface LinearCrossEntropyAttributes {
  /** Whether the gradients are computed in the same pass. */
  readonly gradients: boolean;
  /** Whether the weight's gradient is, too. */
  readonly weightGradient: boolean;
  /** Target that marks a row to leave out. */
  readonly ignoreIndex: number;
  /** Ids that exist; logits beyond are padding. */
  readonly vocabulary: number;
  /** Bound that logits approach smoothly, or null for none. */
  readonly softcap: number | null;
}

type Context = LowerContext<LinearCrossEntropyAttributes>;

/** Appends the launches of head, loss and gradients, some rows at a time. */
export function lowerLinearCrossEntropy(context: Context): void {
  const { node, capabilities } = context;
  const [total, channels] = node.inputs.hidden.shape;
  const width = node.inputs.weight.shape[0];
  const most = rowsAtOnce(total, width, capabilities);
  const logits = context.scratch("logits", [most, width]);
  const matmuls = sharingScratch(context);
  for (let start = 0; start < total; start += most) {
    lowerRows(context, matmuls, {
      start,
      rows: Math.min(most, total - start),
      width,
      channels,
      logits,
    });
  }
  sumLosses(context, total);
}

/** Bytes of logits that exist at once, where the adapter binds as many. */
const LOGIT_BYTES = 128 * 2 ** 20;

/** Rows whose logits are computed together. */
function rowsAtOnce(
  total: number,
  width: number,
  capabilities: Capabilities,
): number {
  const bytes = Math.min(LOGIT_BYTES, bindableBytes(capabilities));
  const most = Math.floor(bytes / (width * BYTES_PER_ELEMENT));
  if (most >= total) return total;
  // Whole tiles and aligned starts where there is room.
  const step = [128, 64, 4].find((step) => most >= step) ?? 1;
  return Math.max(1, Math.floor(most / step) * step);
}

interface Rows {
  readonly start: number;
  readonly rows: number;
  readonly width: number;
  readonly channels: number;
  readonly logits: Tensor;
}

/** Loss of a run of rows and, where wanted, its gradients. */
function lowerRows(
  context: Context,
  matmuls: MatmulContext,
  { start, rows, width, channels, logits }: Rows,
): void {
  const { node, capabilities } = context;
  const { hidden, weight, targets, scale, weightGradient } = node.inputs;
  const { hiddenGradient, weightGradientSum } = node.outputs;
  const { gradients, vocabulary, ignoreIndex, softcap } = node.attributes;
  const here = { tensor: hidden, offset: start * channels };
  lowerMatmul(matmuls, {
    layout: "nt",
    rows,
    columns: width,
    depth: channels,
    a: here,
    b: { tensor: weight },
    c: { tensor: logits },
  });
  const target = bindRange(targets, start, start + rows, capabilities);
  const loss = bindRange(node.outputs.rows, start, start + rows, capabilities);
  const variant = context.choose(
    `softmax_loss ${rows} ${width}`,
    softmaxLossVariants(width, capabilities),
  );
  context.dispatch({
    kernel: softmaxLossKernel({
      rows,
      width,
      vocabulary,
      ignoreIndex,
      gradients,
      softcap,
      base: { targets: target.base, losses: loss.base },
    }, variant),
    bindings: [
      loss.binding,
      { tensor: logits, offset: 0, length: rows * width },
      target.binding,
      ...(gradients ? [{ tensor: scale }] : []),
    ],
    workgroups: foldWorkgroups(
      Math.ceil(rows / variant.groupRows),
      capabilities,
    ),
  });
  const backward = {
    ...matmuls,
    operands: gradientPrecision(matmuls.operands),
  };
  if (gradients) {
    lowerMatmul(backward, {
      layout: "nn",
      rows,
      columns: channels,
      depth: width,
      a: { tensor: logits },
      b: { tensor: weight },
      c: { tensor: hiddenGradient, offset: start * channels },
    });
  }
  if (weightGradientSum) {
    const addend = start > 0 || context.inPlace
      ? "inPlace"
      : weightGradient && { tensor: weightGradient };
    lowerMatmul(backward, {
      layout: "tn",
      rows: width,
      columns: channels,
      depth: rows,
      a: { tensor: logits },
      b: here,
      c: { tensor: weightGradientSum },
      ...(addend ? { addend } : {}),
    });
  }
}

/**
 * On a GPU a workgroup to a row, whose loads coalesce, with subgroups where the
 * adapter has them; on a CPU a vector of lanes to a row.
 */
function softmaxLossVariants(
  width: number,
  { software, features }: Capabilities,
): [SoftmaxLossVariant, ...SoftmaxLossVariant[]] {
  const group = (groupRows: number, sharing: number, name: string) => ({
    name,
    groupRows,
    sharing,
    subgroups: false,
  });
  const alone = group(64, 1, "row_per_invocation");
  const between = group(4, 16, "row_per_16");
  // The lanes of a CPU's vector: neighbours read neighbouring cache lines, and
  // a workgroup of a single vector has nobody to wait for.
  const vector = group(1, 8, "row_per_8");
  const workgroup = group(1, 256, "row_per_workgroup");
  const subgroups = {
    ...workgroup,
    name: "row_per_workgroup_subgroups",
    subgroups: true,
  };
  const shared = features.has("subgroups")
    ? [subgroups, workgroup]
    : [workgroup];
  const turns = 2 * (width % 4 === 0 ? width / 4 : width);
  const legal =
    (software
      ? [vector, alone, between, ...shared]
      : [...shared, between, alone])
      .filter(({ sharing }) => turns / sharing <= MOST_LOOP_TURNS);
  const [first = workgroup, ...others] = legal;
  return [first, ...others];
}

function sumLosses(context: Context, total: number): void {
  const { node, capabilities } = context;
  const most = bindableBytes(capabilities) / BYTES_PER_ELEMENT;
  for (let start = 0; start < total; start += most) {
    const rows = Math.min(most, total - start);
    const losses = bindRange(
      node.outputs.rows,
      start,
      start + rows,
      capabilities,
    );
    const accumulate = node.inputs.loss !== undefined || start > 0;
    context.dispatch({
      kernel: lossSumKernel(rows, losses.base, {
        accumulate,
        subgroups: capabilities.features.has("subgroups"),
      }),
      bindings: [
        { tensor: node.outputs.loss },
        losses.binding,
        { tensor: node.inputs.scale },
      ],
      workgroups: [1, 1, 1],
    });
  }
}

/** Launches run in order, so runs of rows can use the same scratch tensors. */
function sharingScratch(context: Context): MatmulContext {
  const made = new Map<string, Tensor>();
  return {
    ...context,
    scratch: (name, shape, dtype) => {
      const key = `${name} ${shape} ${dtype}`;
      const tensor = made.get(key) ?? context.scratch(name, shape, dtype);
      made.set(key, tensor);
      return tensor;
    },
  };
}
