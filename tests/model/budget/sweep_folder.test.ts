import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { InputError } from "../../../data/input_error.ts";
import { DEFAULT_CAPABILITIES } from "../../../kernels/runtime/capabilities.ts";
import { MemoryPlanner } from "../../../model/budget/memory_planner.ts";
import { modelShapes } from "../../../model/budget/model_shape.ts";
import { USUAL_LAW } from "../../../model/budget/scaling_law.ts";
import { digestOf, SweepFolder } from "../../../model/budget/sweep_folder.ts";
import {
  planSweep,
  type SweepGrid,
  type SweepPoint,
} from "../../../model/budget/sweep_plan.ts";
import type { SweepResult } from "../../../model/budget/sweep_result.ts";
import {
  parseGivenConfig,
  parseRunConfig,
} from "../../../model/train/parse_run_config.ts";
import { withFolder } from "../../data/with_folder.ts";

const GRID: SweepGrid = { budgets: [1e12], ratios: [1, 2], law: USUAL_LAW };

function pointsOf(overrides: Record<string, string> = {}): SweepPoint[] {
  const base = parseRunConfig("train: { context: 64 }", "x.yaml", overrides);
  return planSweep({
    grid: GRID,
    shapes: modelShapes({
      vocabSize: 257,
      context: 64,
      bosTokenId: null,
      eosTokenId: null,
    }),
    base,
    memoryPlanner: new MemoryPlanner(DEFAULT_CAPABILITIES, base, 257),
    memory: null,
    uniqueTokens: 1e9,
    batchLaw: "steplaw",
  }).points;
}

function resultOf({ name, budget, shape, config }: SweepPoint): SweepResult {
  const { parameters, layers, width } = shape;
  return {
    name,
    budget,
    parameters,
    layers,
    width,
    flops: 1.01e12,
    tokens: 640,
    unique_tokens: 1000,
    steps: 10,
    sequences: 1,
    learning_rate: 0.001,
    loss: 1.5,
    bits_per_byte: null,
    predicted_loss: 2,
    chosen: false,
    seconds: 3,
    run: digestOf(config),
  };
}

Deno.test("a sweep's folder remembers what was asked and what is finished", () =>
  withFolder(async (folder) => {
    const path = join(folder, "sweep");
    const [first, second] = pointsOf();
    {
      using sweep = await SweepFolder.open(path, false);
      await sweep.describe(parseGivenConfig("seed: 1", "x"), [GRID]);
      await sweep.add(resultOf(first));
      assert(sweep.has(first, 1000));
      await assertRejects(
        () => SweepFolder.open(path, true),
        InputError,
        "another process sweeps there",
      );
    }
    // A crash in the middle of a line.
    const file = join(path, "points.jsonl");
    await Deno.writeTextFile(file, '{"name":"1e1', { append: true });
    {
      using sweep = await SweepFolder.open(path, true);
      assertEquals(sweep.grids, [GRID]);
      assertEquals(sweep.given, new Set(["seed"]));
      assertEquals([...sweep.results.values()], [resultOf(first)]);
      assert(sweep.has(first, 1000));
      assert(!sweep.has(second, 1000));
      await sweep.add(resultOf(second));
    }
    using sweep = await SweepFolder.open(path, true);
    assertEquals([...sweep.results.keys()], [first.name, second.name]);
  }));

Deno.test("a run that was trained otherwise is not taken for finished", () =>
  withFolder(async (folder) => {
    using sweep = await SweepFolder.open(folder, false);
    const [point] = pointsOf();
    await sweep.add(resultOf(point));
    const [other] = pointsOf({ seed: "2" });
    assertThrows(() => sweep.has(other, 1000), InputError, "another recipe");
    assertThrows(() => sweep.has(point, 1001), InputError, "another text");
    // Where the tokens lie and how kernels were timed changes no result.
    const [moved] = pointsOf({ "data.paths": "[/a]", "train.tune": "full" });
    assert(sweep.has(moved, 1000));
  }));

Deno.test("folders that hold something else are refused in one line", () =>
  withFolder(async (folder) => {
    await assertRejects(
      () => SweepFolder.open(folder, true),
      InputError,
      "it holds no sweep; leave out --resume",
    );
    const file = join(folder, "sweep.json");
    const grid = JSON.stringify(GRID);
    for (
      const [text, message] of [
        ["", "is not valid JSON"],
        ["{}", '"format" is missing'],
        ['{"format":"minnow sweep 1"}', '"given" must be a list'],
        [
          '{"format":"minnow sweep 1","given":[]}',
          '"grids" must be a list',
        ],
        [
          `{"format":"minnow sweep 1","given":[],"grids":[${
            grid.replace("[1,2]", "[1,-2]")
          }]}`,
          '"grids[0].ratios" must be a list of numbers above 0',
        ],
        [
          `{"format":"minnow sweep 1","given":[],"grids":[${
            grid.replace('"beta":', '"b":')
          }]}`,
          '"grids[0].law.beta" must be a number above 0',
        ],
      ]
    ) {
      await Deno.writeTextFile(file, text);
      await assertRejects(
        () => SweepFolder.open(folder, true),
        InputError,
        message,
      );
    }
    await Deno.writeTextFile(
      file,
      `{"format":"minnow sweep 1","given":[],"grids":[]}`,
    );
    await assertRejects(
      () => SweepFolder.open(folder, false),
      InputError,
      "it holds a sweep already",
    );
    await Deno.writeTextFile(join(folder, "points.jsonl"), '{"name":"a"}\n');
    await assertRejects(
      () => SweepFolder.open(folder, true),
      InputError,
      'points.jsonl, line 1: "budget" is missing',
    );
  }));
