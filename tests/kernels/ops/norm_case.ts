import { assertEquals } from "@std/assert";
import { add } from "../../../kernels/ops/add.ts";
import { layerNorm } from "../../../kernels/ops/layer_norm.ts";
import type { GraphBuilder } from "../../../kernels/ops/op_spec.ts";
import { rmsNorm } from "../../../kernels/ops/rms_norm.ts";
import type { Tensor } from "../../../kernels/ops/tensor.ts";
import { weightedSum } from "../../../kernels/ops/weighted_sum.ts";
import { checkGradient } from "../../reference/check_gradient.ts";
import {
  norm as reference,
  normGradient as referenceGradient,
} from "../../reference/norm.ts";
import {
  assertClose,
  type HarnessOptions,
  runGradients,
  runGraph,
} from "../harness.ts";
import { randomValues } from "../random_values.ts";

/** One norm to test. */
export interface NormTest {
  readonly kind: "layer" | "rms";
  readonly rows: number;
  readonly columns: number;
  readonly bias: boolean;
}

const EPSILON = 1e-5;

/** Runs a norm and its gradients and compares them with the reference. */
export async function checkNorm(
  shape: NormTest,
  options: HarnessOptions = {},
): Promise<void> {
  const { rows, columns, bias } = shape;
  const { x, weight, upstream, operands } = caseOf(shape);
  const inputs = {
    x,
    weight,
    ...(operands.bias ? { bias: operands.bias } : {}),
  };
  const build = (graph: GraphBuilder, parameters: NormParameters) =>
    shape.kind === "layer"
      ? layerNorm(graph, parameters, { epsilon: EPSILON })
      : rmsNorm(graph, parameters, { epsilon: EPSILON });
  const { y } = await runGraph(
    (graph) => ({
      y: build(graph, {
        x: graph.input("x", [rows, columns]),
        weight: graph.input("weight", [columns]),
        ...(bias ? { bias: graph.input("bias", [columns]) } : {}),
      }),
    }),
    inputs,
    options,
  );
  const gradients = () =>
    runGradients(
      (graph) => {
        const x = graph.parameter("x", [rows, columns]);
        const y = build(graph, {
          x,
          weight: graph.parameter("weight", [columns]),
          ...(bias ? { bias: graph.parameter("bias", [columns]) } : {}),
        });
        // As in a residual stream, the norm adds to a gradient that is there.
        return weightedSum(
          graph,
          add(graph, y, x),
          graph.input("upstream", [rows, columns]),
        );
      },
      { ...inputs, upstream },
      ["x", "weight", ...(bias ? ["bias"] : [])],
      options,
    );
  const { gradients: found } = await gradients();
  const expected = referenceGradient(operands, upstream);
  // Sums of C terms for a row and of N for a column, a few roundings besides.
  const across = (8 + columns) * 2 ** -24;
  assertClose(y, reference(operands), across, "y");
  assertClose(
    found.x,
    expected.x.map((v, i) => v + upstream[i]),
    2 * across,
    "gradient by x",
  );
  const down = (8 + rows + columns) * 2 ** -24;
  assertClose(found.weight, expected.weight, down, "gradient by weight");
  if (bias) assertClose(found.bias, expected.bias, down, "gradient by bias");
  assertEquals((await gradients()).gradients, found);
}

/** Compares the reference's own gradients with finite differences. */
export function checkReference(shape: NormTest): void {
  const { operands, upstream } = caseOf(shape);
  const gradient = referenceGradient(operands, upstream);
  for (const name of ["x", "weight", "bias"] as const) {
    const at = operands[name];
    if (!at) continue;
    checkGradient(
      name,
      (probe) => reference({ ...operands, [name]: probe }),
      at,
      upstream,
      gradient[name],
    );
  }
}

interface NormParameters {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly bias?: Tensor;
}

function caseOf({ kind, rows, columns, bias }: NormTest) {
  const x = randomValues("x", rows * columns).map((v) => Math.fround(v + 0.5));
  const weight = randomValues("weight", columns);
  const operands = {
    x,
    weight,
    ...(bias ? { bias: randomValues("bias", columns) } : {}),
    epsilon: EPSILON,
    centred: kind === "layer",
  };
  return {
    x,
    weight,
    upstream: randomValues("upstream", rows * columns),
    operands,
  };
}
