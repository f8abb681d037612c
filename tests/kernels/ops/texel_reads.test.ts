import { assertEquals, assertMatch } from "@std/assert";
import { gradientNorm } from "../../../kernels/ops/gradient_norm.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { planProgram } from "../../../kernels/plan/plan_program.ts";
import { DEFAULT_CAPABILITIES } from "../../../kernels/runtime/capabilities.ts";

Deno.test("kernels that read texels still declare what of WGSL they use", () => {
  const graph = new Graph();
  const norm = gradientNorm(graph, [graph.input("gradient", [4096])]);
  const { phases } = planProgram(new Map([["update", graph]]), {
    ...DEFAULT_CAPABILITIES,
    features: new Set(["subgroups"]),
    software: true,
    texelReads: true,
  }, { keep: [norm] });
  for (const { kernel, copies } of phases.get("update") ?? []) {
    assertEquals(copies.length, 1);
    assertMatch(kernel.body, /textureLoad[^]*subgroupAdd/);
    assertEquals(kernel.extensions, ["subgroups"]);
  }
});
