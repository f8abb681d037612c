import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
} from "@std/assert";
import { matmul } from "../../../kernels/ops/matmul.ts";
import type { ExpectedElement } from "../../../kernels/ops/op_spec.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import type { ChooseVariant } from "../../../kernels/plan/plan_options.ts";
import { planProgram } from "../../../kernels/plan/plan_program.ts";
import { Trial } from "../../../kernels/tune/trial.ts";
import { afterRace, tune, winner } from "../../../kernels/tune/tuner.ts";
import {
  type TuningProblem,
  tuningProblems,
} from "../../../kernels/tune/tuning_problem.ts";
import {
  chooseBy,
  parseTuningTable,
  stringifyTuningTable,
  type VariantTiming,
} from "../../../kernels/tune/tuning_table.ts";
import { testDevice } from "../harness.ts";

/** Two products of one shape and one of another. */
async function problemsOf(): Promise<TuningProblem[]> {
  const { capabilities } = await testDevice();
  const graph = new Graph();
  const a = graph.input("a", [33, 20]);
  const b = graph.input("b", [20, 17]);
  const first = matmul(graph, { a, b }, { layout: "nn" });
  const second = matmul(graph, { a, b }, { layout: "nn" });
  const third = matmul(graph, { a: first, b: second }, { layout: "nt" });
  const problems = tuningProblems((choose) =>
    planProgram(new Map([["run", graph]]), capabilities, {
      keep: [third],
      choose,
    })
  );
  // Where operands are read is a choice on software adapters only.
  return problems.filter(({ key }) => key !== "reads");
}

const NO_LIMIT = { variants: 3, limit: () => Infinity };

Deno.test("problems are listed once, with their uses and variants", async () => {
  const problems = await problemsOf();
  assertEquals(problems.map(({ key, uses }) => [key, uses]), [
    ["matmul nn 33 17 20", 2],
    ["matmul nt 33 33 17", 1],
  ]);
  for (const { variants } of problems) {
    assert(variants.length > 3);
    assertEquals(new Set(variants).size, variants.length);
  }
});

Deno.test("tuning times the variants that were asked for and keeps all times", async () => {
  const gpu = await testDevice();
  const problems = await problemsOf();
  const before = gpu.allocatedBytes;
  const { table, timed, left } = await tune(gpu, problems, new Map(), NO_LIMIT);
  assertEquals([timed, left], [2, 0]);
  assertEquals(gpu.allocatedBytes, before);
  for (const { key, variants } of problems) {
    const entry = table.get(key);
    assert(entry);
    assertEquals(
      entry.timings.map(({ variant }) => variant),
      variants.slice(0, 3),
    );
    for (const { seconds, error } of entry.timings) {
      assertEquals(error, null);
      assert(seconds !== null && seconds > 0);
    }
  }
});

Deno.test("what is known is not timed again, unless its kernels changed", async () => {
  const gpu = await testDevice();
  const problems = await problemsOf();
  const first = await tune(gpu, problems, new Map(), NO_LIMIT);
  const second = await tune(gpu, problems, first.table, NO_LIMIT);
  assertEquals([second.timed, second.known], [0, 2]);
  assertEquals(second.table, first.table);
  const [key, entry] = [...first.table][0];
  const changed = new Map(first.table).set(key, { ...entry, kernel: "other" });
  const third = await tune(gpu, problems, changed, NO_LIMIT);
  assertEquals(third.timed, 1);
  // Which variant wins a problem as small as this is up to noise.
  const again = third.table.get(key);
  assert(again && again.kernel !== "other");
  const { capabilities } = gpu;
  const [problem] = problems.filter((each) => each.key === key);
  const digest = await new Trial(problem).digest(again.variant, capabilities);
  assertEquals(again.kernel, digest);
});

Deno.test("without time nothing is timed, and what is known stays", async () => {
  const gpu = await testDevice();
  const problems = await problemsOf();
  const { table, timed, left } = await tune(gpu, problems, new Map(), {
    variants: 3,
    limit: () => 0,
  });
  assertEquals([table.size, timed, left], [0, 0, 2]);
});

Deno.test("a variant with wrong results never wins", async () => {
  const gpu = await testDevice();
  const [problem] = await problemsOf();
  const wrong: TuningProblem = {
    ...problem,
    pose(graph) {
      const reference = problem.pose(graph);
      // As if every variant were wrong in the last sample.
      return function* (valuesOf): Iterable<ExpectedElement> {
        for (const element of reference?.(valuesOf) ?? []) {
          yield { ...element, value: element.value + 1 };
        }
      };
    },
  };
  const { table } = await tune(gpu, [wrong], new Map(), NO_LIMIT);
  const entry = table.get(problem.key);
  assert(entry);
  for (const { seconds, error } of entry.timings) {
    assertEquals(seconds, null);
    assert(error?.includes("is wrong for matmul nn 33 17 20"));
  }
  assertEquals(entry.variant, problem.variants[0]);
});

Deno.test("each variant of a product is right by samples in f64", async () => {
  const gpu = await testDevice();
  for (const problem of await problemsOf()) {
    const trial = new Trial(problem);
    for (const variant of problem.variants.slice(0, 6)) {
      const { seconds, firstSeconds } = await trial.time(gpu, variant);
      assert(seconds > 0 && firstSeconds > 0);
    }
  }
});

Deno.test("variants race in turn, and nothing of them stays", async () => {
  const gpu = await testDevice();
  const [problem] = await problemsOf();
  const [first, second] = problem.variants;
  const before = gpu.allocatedBytes;
  const [itself, other] = await new Trial(problem).race(gpu, [first, second]);
  assertEquals(itself, 1);
  assert(other > 0 && other < 100, `${second} took ${other} times as long`);
  assertEquals(gpu.allocatedBytes, before);
});

Deno.test("a digest tells kernels apart, and only them", async () => {
  const { capabilities } = await testDevice();
  const [problem] = await problemsOf();
  const [first, second] = problem.variants;
  const trial = new Trial(problem);
  const digest = await trial.digest(first, capabilities);
  assertEquals(await new Trial(problem).digest(first, capabilities), digest);
  assertNotEquals(await trial.digest(second, capabilities), digest);
});

function timing(variant: string, seconds: number | null): VariantTiming {
  return {
    variant,
    seconds,
    first_seconds: 1,
    error: seconds ? null : "wrong",
  };
}

Deno.test("the heuristic's choice stays unless it is clearly beaten", () => {
  const usual = timing("usual", 1);
  assertEquals(winner([usual, timing("other", 0.98)]), "usual");
  assertEquals(winner([usual, timing("other", 0.9)]), "other");
  assertEquals(winner([usual, timing("wrong", null)]), "usual");
  assertEquals(winner([timing("usual", null), timing("other", 9)]), "other");
  assertEquals(winner([timing("usual", null)]), "usual");
});

Deno.test("what did not race cannot win by the mood it met", () => {
  // The device was slow when the heuristic's choice was timed, not later.
  const timings = afterRace([
    timing("heuristic", 10),
    timing("a", 8),
    timing("b", 8.5),
    timing("c", 8.6),
    timing("wrong", null),
  ], new Map([["a", 9.9], ["b", 9.5]]));
  assertEquals(timings.map(({ variant }) => variant), [
    "heuristic",
    "a",
    "b",
    "c",
    "wrong",
  ]);
  const [first, a, b, c, wrong] = timings.map(({ seconds }) => seconds);
  assertEquals([first, a, b, wrong], [10, 9.9, 9.5, null]);
  assertAlmostEquals(c ?? NaN, 8.6 * 9.9 / 8);
  assertEquals(winner(timings), "b");
});

Deno.test("a table survives its file, and a damaged file is no table", () => {
  const entry = {
    variant: "b",
    kernel: "0123",
    flops: 10,
    date: "2025-01-31",
    timings: [timing("a", 2), timing("b", 1), timing("c", null)],
  };
  const table = new Map([["matmul nn 1 2 3", entry]]);
  const text = stringifyTuningTable(table, { name: "adapter" });
  assertEquals(parseTuningTable(text), table);
  for (
    const damaged of [
      "",
      text.slice(0, -10),
      "null",
      "[]",
      '{"version":1}',
      text.replace('"version": 1', '"version": 2'),
      text.replace('"seconds": 2', '"seconds": -2'),
      text.replace('"seconds": 2', '"seconds": "2"'),
      text.replace('"variant": "b"', '"variant": 3'),
    ]
  ) assertEquals(parseTuningTable(damaged), undefined, damaged);
});

Deno.test("a choice falls back where its variant is gone", () => {
  const choose: ChooseVariant = chooseBy(new Map([["p", "b"], ["q", "gone"]]));
  const candidates: [{ name: string }, { name: string }] = [
    { name: "a" },
    { name: "b" },
  ];
  const pose = () => undefined;
  assertEquals(choose("p", candidates, pose).name, "b");
  assertEquals(choose("q", candidates, pose).name, "a");
  assertEquals(choose("r", candidates, pose).name, "a");
});
