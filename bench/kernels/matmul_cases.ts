import { matmul } from "../../kernels/ops/matmul.ts";
import type { MatmulLayout } from "../../kernels/ops/matmul_problem.ts";
import { KEEP_ALL } from "../../kernels/plan/recompute.ts";
import { trainingProgram } from "../../model/train/training_program.ts";
import type { Capabilities } from "../../kernels/runtime/capabilities.ts";
import { type BenchSize, modelOf } from "../support/sizes.ts";
import { CaseGraph } from "./case_graph.ts";
import type { KernelCase } from "./cases.ts";

/** The three ways in which operands are stored. */
const LAYOUTS: readonly MatmulLayout[] = ["nn", "nt", "tn"];

/** Square products, which show the best rate of an adapter. */
export const SQUARE_CASES: readonly KernelCase[] = [512, 1024].flatMap((side) =>
  LAYOUTS.map((layout) => matmulCase(layout, side, side, side))
);

/** Few rows, as in generation, and a depth that suits no vector. */
export function oddMatmulCases(): KernelCase[] {
  return [
    ...[1, 4, 16].flatMap((rows) =>
      LAYOUTS.slice(0, 2).map((layout) => matmulCase(layout, rows, 1024, 1024))
    ),
    ...LAYOUTS.map((layout) => matmulCase(layout, 512, 512, 1003)),
  ];
}

/** The products of a training step on a device, each once. */
export function stepMatmulCases(
  size: BenchSize,
  capabilities: Capabilities,
): KernelCase[] {
  const program = trainingProgram(
    modelOf(size, capabilities.limits.maxBufferSize),
    size,
    {
      momentum: 0.95,
      beta1: 0.9,
      beta2: 0.95,
      epsilon: 1e-8,
      weight_decay: 0.1,
    },
    KEEP_ALL,
  );
  const problems = new Set<string>();
  program.plan(capabilities, (problem, candidates) => {
    problems.add(problem);
    return candidates[0];
  });
  return [...problems].flatMap((problem) => {
    const [op, named, ...sizes] = problem.split(" ");
    const layout = LAYOUTS.find((each) => each === named);
    if (op !== "matmul" || layout === undefined) return [];
    const [rows, columns, depth] = sizes.map(Number);
    return [matmulCase(layout, rows, columns, depth)];
  });
}

function matmulCase(
  layout: MatmulLayout,
  rows: number,
  columns: number,
  depth: number,
): KernelCase {
  return {
    name: `matmul ${layout}`,
    shape: `${rows} × ${columns} × ${depth}`,
    build() {
      const graph = new CaseGraph();
      const a = graph.operand(
        "a",
        layout === "tn" ? [depth, rows] : [rows, depth],
      );
      const b = graph.operand(
        "b",
        layout === "nt" ? [columns, depth] : [depth, columns],
      );
      matmul(graph, { a, b }, { layout });
      return graph;
    },
  };
}
