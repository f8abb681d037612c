import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { add } from "../../kernels/ops/add.ts";
import { matmul } from "../../kernels/ops/matmul.ts";
import { Graph } from "../../kernels/plan/graph.ts";
import { planProgram } from "../../kernels/plan/plan_program.ts";
import { trainingFlopsPerToken } from "../../model/budget/training_flops.ts";
import {
  DEVICE_PRESETS,
  type DevicePreset,
} from "../../model/budget/device_presets.ts";
import { parseRunConfig } from "../../model/train/parse_run_config.ts";
import { TrainingSession } from "../../model/train/training_session.ts";
import {
  LAUNCH_SECONDS,
  type NodeCost,
  nodeCosts,
  UTILISATION,
} from "../../bench/roofline/node_costs.ts";
import { configOf, modelOf, SIZES } from "../../bench/support/sizes.ts";

function device(name: string): DevicePreset {
  const preset = DEVICE_PRESETS.get(name);
  assert(preset);
  return preset;
}

function costsOf(build: (graph: Graph) => void): NodeCost[] {
  const preset = device("rtx-3090");
  const graph = new Graph();
  build(graph);
  const keep = graph.nodes.flatMap(({ outputs }) => Object.values(outputs));
  const plan = planProgram(new Map([["run", graph]]), preset.capabilities, {
    keep,
  });
  return nodeCosts(plan.phases.get("run") ?? [], preset);
}

Deno.test("a long addition is bound by memory, to the byte", () => {
  const count = 1 << 24;
  const [cost] = costsOf((graph) => {
    add(graph, graph.input("a", [count]), graph.input("b", [count]));
  });
  assertEquals([cost.bytes, cost.flops], [3 * 4 * count, count]);
  assertEquals(cost.bound, "memory");
  assertAlmostEquals(
    cost.seconds,
    cost.bytes / (936e9 * UTILISATION.memory),
    1e-12,
  );
});

Deno.test("a large product is bound by arithmetic, a small one by its launch", () => {
  const product = (side: number) => (graph: Graph) => {
    const a = graph.input("a", [side, side]);
    const b = graph.input("b", [side, side]);
    matmul(graph, { a, b }, { layout: "nn" });
  };
  const [large] = costsOf(product(4096));
  assertEquals([large.bound, large.flops], ["compute", 2 * 4096 ** 3]);
  assertAlmostEquals(
    large.seconds,
    2 * 4096 ** 3 / (35.58e12 * UTILISATION.compute),
    1e-9,
  );
  const [small] = costsOf(product(4));
  assertEquals(small.bound, "launch");
  assertEquals(small.seconds, small.launches * LAUNCH_SECONDS);
});

Deno.test("tiles of a product read operands again, through the cache", () => {
  const [rows, columns, depth] = [2048, 4096, 512];
  const [cost] = costsOf((graph) => {
    const a = graph.input("a", [rows, depth]);
    const b = graph.input("b", [depth, columns]);
    matmul(graph, { a, b }, { layout: "nn" });
  });
  const once = rows * depth + depth * columns + rows * columns;
  assertEquals(cost.bytes, 4 * once);
  // 128×128 tiles: 32 across read a, 16 down read b.
  const again = 32 * rows * depth + 16 * depth * columns + rows * columns;
  assertEquals(cost.traffic, 4 * again);
});

Deno.test("every preset names its source and is told by its name", () => {
  for (const [name, preset] of DEVICE_PRESETS) {
    assertEquals(preset.name, name);
    assert(preset.source.length > 0 && preset.memoryBytes >= 2 ** 33, name);
    assert(preset.halfFlopsPerSecond >= preset.flopsPerSecond, name);
  }
});

Deno.test("the products of a step are those of the training formula", () => {
  const size = SIZES.get("S");
  assert(size);
  const { capabilities } = device("rtx-3060");
  const { optimizer, memory } = parseRunConfig("", "defaults");
  const plan = TrainingSession.plan(capabilities, {
    config: configOf(size),
    shape: size,
    optimizer,
    memory,
    samples: false,
  }, (_key, [heuristic]) => heuristic);
  const costs = nodeCosts(plan.phases.get("micro") ?? [], device("rtx-3060"));
  const products = costs
    .filter(({ kind }) => /matmul|linear_cross_entropy/.test(kind))
    .reduce((sum, { flops }) => sum + flops, 0);
  const model = modelOf(size, capabilities.limits.maxBufferSize);
  const tokens = size.batch * size.context;
  const { layers, width, context } = size;
  const attention = 12 * layers * width * context;
  const expected = tokens * (trainingFlopsPerToken(model, context) - attention);
  // Biases, activations and the softmax come on top.
  const share = products / expected;
  assert(share >= 1 && share < 1.03, `${share}`);
});
