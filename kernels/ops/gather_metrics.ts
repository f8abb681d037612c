import type { GraphBuilder, OpSpec, ResultType } from "./op_spec.ts";
import { elementCount, type Tensor } from "./tensor.ts";

/** A small tensor whose values are gathered. */
export interface MetricPart {
  /** The tensor, of a few elements. */
  readonly tensor: Tensor;
  /** Whether it is set to zero afterwards, as an accumulator. @default false */
  readonly clear?: boolean;
}

/**
 * Copies a few small tensors one after the other into a single one, so that the
 * host reads one range a step, and zeroes the accumulators among them.
 *
 * @param graph Graph to append to.
 * @param parts Tensors of a few elements each.
 * @returns All their values in order, (n).
 */
export function gatherMetrics(
  graph: GraphBuilder,
  parts: readonly MetricPart[],
): Tensor {
  const inputs = Object.fromEntries(
    parts.map(({ tensor }, index) => [`part${index}`, tensor]),
  );
  return graph.emit(spec, inputs, {
    cleared: parts.map(({ clear }) => clear ?? false),
  }).metrics;
}

const spec: OpSpec<{ readonly cleared: readonly boolean[] }> = {
  name: "gather_metrics",
  infer(inputs, { cleared }) {
    const types = Object.values(inputs);
    const total = types.reduce(
      (sum, { shape }) => sum + elementCount(shape),
      0,
    );
    const results: Record<string, ResultType> = {
      metrics: { shape: [total], dtype: "f32" },
    };
    types.forEach((type, index) => {
      if (!cleared[index]) return;
      results[`cleared${index}`] = { ...type, overwrites: `part${index}` };
    });
    return results;
  },
  lower({ node, dispatch }) {
    const { cleared } = node.attributes;
    const parts = Object.values(node.inputs);
    let next = 0;
    const statements = parts.flatMap(({ shape }, index) =>
      Array.from({ length: elementCount(shape) }, (_, element) => {
        const source = `part${index}[${element}]`;
        return `metrics[${next++}] = ${source};` +
          (cleared[index] ? ` ${source} = 0.0;` : "");
      })
    );
    dispatch({
      kernel: {
        name: "gather_metrics",
        bindings: [
          { name: "metrics", element: "f32", access: "write" },
          ...parts.map((_, index) => ({
            name: `part${index}`,
            element: "f32",
            access: cleared[index] ? "write" : "read",
          } as const)),
        ],
        body: `
@compute @workgroup_size(1)
fn main() {
  ${statements.join("\n  ")}
}`,
      },
      bindings: [
        { tensor: node.outputs.metrics },
        ...parts.map((tensor) => ({ tensor })),
      ],
      workgroups: [1, 1, 1],
    });
  },
  flops: () => 0,
};
