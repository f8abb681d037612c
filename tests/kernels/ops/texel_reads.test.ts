import { assertEquals, assertMatch } from "@std/assert";
import { add } from "../../../kernels/ops/add.ts";
import { gradientNorm } from "../../../kernels/ops/gradient_norm.ts";
import { matmul } from "../../../kernels/ops/matmul.ts";
import type { MatmulLayout } from "../../../kernels/ops/matmul_problem.ts";
import type { Tensor } from "../../../kernels/ops/tensor.ts";
import { weightedSum } from "../../../kernels/ops/weighted_sum.ts";
import { differentiate } from "../../../kernels/plan/differentiate.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import type { PlannedDispatch } from "../../../kernels/plan/plan.ts";
import { planProgram } from "../../../kernels/plan/plan_program.ts";
import {
  type Capabilities,
  DEFAULT_CAPABILITIES,
} from "../../../kernels/runtime/capabilities.ts";

const SOFTWARE: Capabilities = {
  ...DEFAULT_CAPABILITIES,
  features: new Set(["subgroups"]),
  software: true,
  texelReads: true,
};

function launchesOf(
  graph: Graph,
  keep: readonly Tensor[],
): readonly PlannedDispatch[] {
  const { phases } = planProgram(new Map([["run", graph]]), SOFTWARE, { keep });
  return phases.get("run") ?? [];
}

Deno.test("kernels that read texels still declare what of WGSL they use", () => {
  const graph = new Graph();
  const norm = gradientNorm(graph, [graph.input("gradient", [2 ** 17])]);
  const [partials] = launchesOf(graph, [norm]);
  assertEquals(partials.copies.length, 1);
  assertMatch(partials.kernel.body, /textureLoad[^]*subgroupAdd/);
  assertEquals(partials.kernel.extensions, ["subgroups"]);
});

for (
  const [size, elements, copies] of [
    ["less than a copy is worth", 2 ** 14 - 4, 0],
    ["what a cache holds", 2 ** 18, 2],
    ["more than a cache holds", 2 ** 20, 0],
  ] as const
) {
  Deno.test(`operands of ${size} are copied ${copies} times`, () => {
    const graph = new Graph();
    const [a, b] = ["a", "b"].map((name) => graph.input(name, [elements]));
    const [launch] = launchesOf(graph, [add(graph, a, b)]);
    assertEquals(launch.copies.length, copies);
  });
}

for (const layout of ["nn", "nt"] satisfies MatmulLayout[]) {
  Deno.test(`the gradient of a product ${layout} is copied once for bias and operands`, () => {
    const graph = new Graph();
    const [rows, columns, depth] = [256, 320, 192];
    const operands = {
      a: graph.parameter("a", [rows, depth]),
      b: graph.parameter(
        "b",
        layout === "nn" ? [depth, columns] : [columns, depth],
      ),
      bias: graph.parameter("bias", [columns]),
    };
    const c = matmul(graph, operands, { layout });
    const factors = graph.input("factors", [rows, columns]);
    const loss = weightedSum(graph, c, factors);
    const gradients = differentiate(
      graph,
      loss,
      new Map(Object.values(operands).map((each) => [each, undefined])),
    );
    const copied = launchesOf(graph, [loss, ...gradients.values()])
      .filter(({ pass }) => pass === "backward")
      .flatMap(({ copies }) => copies)
      .filter(({ count }) => count === rows * columns / 4);
    // What the sum is weighted with, and then the gradient of the product.
    assertEquals(copied.length, 2);
  });
}
