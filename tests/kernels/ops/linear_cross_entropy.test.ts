import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  linearCrossEntropy,
  type LinearCrossEntropyOptions,
} from "../../../kernels/ops/linear_cross_entropy.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { differentiate } from "../../../kernels/plan/differentiate.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import type { Capabilities } from "../../../kernels/runtime/capabilities.ts";
import {
  type CrossEntropyProblem,
  linearCrossEntropyReference,
} from "../../reference/linear_cross_entropy.ts";
import {
  assertClose,
  finiteDifference,
  type HarnessOptions,
  runGraph,
  testDevice,
  type TestGraph,
} from "../harness.ts";
import { everyVariant } from "../every_variant.ts";

const IGNORED = 0xffffffff;

/** Numbers between -1 and 1 that do not repeat with a matrix's rows. */
function values(count: number, seed: number): Float32Array {
  return Float32Array.from(
    { length: count },
    (_, i) => Math.sin(i * 12.9898 + seed * 78.233) * 43758.5453 % 1,
  );
}

interface Sizes {
  readonly rows: number;
  readonly channels: number;
  readonly vocabulary: number;
  /** Rows of the weight, with padding. */
  readonly width: number;
  readonly softcap?: number;
}

function problemOf(
  { rows, channels, vocabulary, width, softcap }: Sizes,
): CrossEntropyProblem {
  return {
    hidden: values(rows * channels, 1).map((x) => 3 * x),
    weight: values(width * channels, 2),
    // Every fifth row is left out; the first and the last id occur.
    targets: Array.from(
      { length: rows },
      (_, i) =>
        i % 5 === 3 ? IGNORED : i === 1 ? vocabulary - 1 : i * 37 % vocabulary,
    ),
    scale: 1 / 32,
    channels,
    vocabulary,
    ignoreIndex: IGNORED,
    softcap: softcap ?? null,
  };
}

interface Results {
  readonly rows: Float32Array;
  readonly loss: Float32Array;
  readonly hidden?: Float32Array;
  readonly weight?: Float32Array;
}

/** Runs with a loss and a weight gradient that hold something before. */
async function run(
  sizes: Sizes,
  options: LinearCrossEntropyOptions,
  harness: HarnessOptions = {},
): Promise<Results> {
  const problem = problemOf(sizes);
  const { rows, channels, width } = sizes;
  const build = (graph: TestGraph) => {
    const hidden = graph.parameter("hidden", [rows, channels]);
    const weight = graph.parameter("weight", [width, channels]);
    const weightGradient = options.gradients
      ? graph.variable("weightGradient", [width, channels], "gradient")
      : undefined;
    const results = linearCrossEntropy(graph, {
      hidden,
      weight,
      targets: graph.input("targets", [rows], "u32"),
      scale: graph.input("scale", [1]),
      loss: graph.variable("loss", [1], "state"),
      ...(weightGradient ? { weightGradient } : {}),
    }, {
      vocabulary: sizes.vocabulary,
      softcap: sizes.softcap ?? null,
      ...options,
    });
    if (!weightGradient) return { ...results };
    const hiddenGradient = graph.variable(
      "hiddenGradient",
      [rows, channels],
      "gradient",
    );
    differentiate(
      graph,
      results.loss,
      new Map([[hidden, hiddenGradient], [weight, weightGradient]]),
    );
    return { ...results, hidden: hiddenGradient, weight: weightGradient };
  };
  const { hidden, weight, targets } = problem;
  const results = await runGraph(build, {
    hidden,
    weight,
    targets,
    scale: [problem.scale],
    loss: [2],
    ...(options.gradients
      ? {
        weightGradient: new Float32Array(width * channels).fill(1),
        hiddenGradient: new Float32Array(rows * channels).fill(1),
      }
      : {}),
  }, harness);
  return results as unknown as Results;
}

async function check(
  sizes: Sizes,
  harness: HarnessOptions = {},
): Promise<Results> {
  const expected = linearCrossEntropyReference(problemOf(sizes));
  const results = await run(sizes, { gradients: true }, harness);
  assertResults(results, sizes);
  // Gradients are sums over the vocabulary (hidden) or the rows (weight) of
  // products with factors rounded to 2⁻²⁴ of a logit of a few units.
  const more = (gradient: Float64Array) => gradient.map((x) => x + 1);
  assert(results.hidden && results.weight);
  assertClose(results.hidden, more(expected.hidden), 2e-6, "hidden gradient");
  assertClose(results.weight, more(expected.weight), 2e-6, "weight gradient");
  const bare = (gradient: Float32Array) => gradient.map((x) => x - 1);
  assertClose(bare(results.hidden), expected.hidden, 1e-4, "its part");
  assertClose(bare(results.weight), expected.weight, 1e-4, "its part");
  return results;
}

function assertResults(results: Results, sizes: Sizes): void {
  const expected = linearCrossEntropyReference(problemOf(sizes));
  assertClose(results.rows, expected.rows, 2e-6, "rows");
  assertClose(results.loss, [2 + expected.loss], 2e-6, "loss");
}

async function limited(bytes: number): Promise<Capabilities> {
  const { capabilities } = await testDevice();
  return {
    ...capabilities,
    limits: { ...capabilities.limits, maxStorageBufferBindingSize: bytes },
  };
}

const ODD: Sizes = { rows: 37, channels: 20, vocabulary: 1003, width: 1003 };
const PADDED: Sizes = { ...ODD, width: 1024 };
const SMALL: Sizes = { rows: 9, channels: 7, vocabulary: 11, width: 12 };

const SIZES: readonly Sizes[] = [
  ODD,
  PADDED,
  SMALL,
  { ...ODD, softcap: 2 },
  { ...PADDED, softcap: 15 },
];

for (const sizes of SIZES) {
  const { rows, channels, vocabulary, width, softcap } = sizes;
  const title = `${rows}x${channels} over ${vocabulary} of ${width} ids` +
    (softcap === undefined ? "" : `, capped at ${softcap}`);
  Deno.test(`linearCrossEntropy gives loss and gradients, ${title}`, async () => {
    await check(sizes);
  });

  Deno.test(`linearCrossEntropy gives the loss alone, ${title}`, async () => {
    assertResults(await run(sizes, { gradients: false }), sizes);
  });
}

Deno.test("linearCrossEntropy takes some rows and ids at a time where little can be bound", async () => {
  // 16 KiB bind 4 rows of 1003 logits and 204 rows of the weight.
  await check(ODD, { capabilities: await limited(16384) });
  await check(PADDED, { capabilities: await limited(16384) });
});

Deno.test("linearCrossEntropy reads rows too long for the loops of one invocation", async () => {
  // 2 · 40,001 turns; Mesa's software driver ends loops after 65,535.
  await check({ rows: 2, channels: 4, vocabulary: 40001, width: 40001 });
});

for (
  const sizes of [PADDED, SMALL, { ...SMALL, width: 11 }, {
    ...SMALL,
    softcap: 2,
  }]
) {
  const capped = "softcap" in sizes ? "capped logits of " : "";
  Deno.test(`linearCrossEntropy over ${capped}${sizes.vocabulary} of ${sizes.width} ids is right in every variant`, async () => {
    await everyVariant(({ choose, ...options }) =>
      check(sizes, {
        ...options,
        choose: (problem, names) =>
          problem.startsWith("softmax_loss") && choose
            ? choose(problem, names)
            : names[0],
      })
    );
  });
}

Deno.test("linearCrossEntropy leaves out a target of the caller's choice", async () => {
  const sizes = { ...SMALL, width: 11 };
  const problem = problemOf(sizes);
  const expected = linearCrossEntropyReference(problem).rows;
  const { rows } = await run(sizes, { gradients: false, ignoreIndex: 8 });
  for (let row = 0; row < sizes.rows; row++) {
    const out = problem.targets[row] === 8 || problem.targets[row] === IGNORED;
    assertClose([rows[row]], [out ? 0 : expected[row]], 2e-6, `row ${row}`);
  }
});

Deno.test("linearCrossEntropy stays finite for logits in the thousands", async () => {
  const { rows } = await runGraph((graph) => ({
    rows: linearCrossEntropy(graph, {
      hidden: graph.input("hidden", [2, 4]),
      weight: graph.input("weight", [8, 4]),
      targets: graph.input("targets", [2], "u32"),
      scale: graph.input("scale", [1]),
    }, { gradients: false }).rows,
  }), {
    hidden: [1e3, 0, 0, 0, -1e3, 0, 0, 0],
    weight: Array.from({ length: 32 }, (_, i) => i % 4 === 0 ? i / 4 : 0),
    targets: [7, 7],
    scale: [1],
  });
  // Logits 0, 1000, …, 7000 and their negatives.
  assertEquals([...rows], [0, 7000]);
});

Deno.test("linearCrossEntropy gives the same bits on every run", async () => {
  assertEquals(await check(ODD), await check(ODD));
});

Deno.test("the reference of linearCrossEntropy has the slopes that differences show", () => {
  for (const sizes of [SMALL, { ...SMALL, softcap: 2 }]) {
    const problem = problemOf({ ...sizes, rows: 5 });
    const expected = linearCrossEntropyReference(problem);
    for (const name of ["hidden", "weight"] as const) {
      const slopes = finiteDifference(
        (x) => linearCrossEntropyReference({ ...problem, [name]: x }).loss,
        Float64Array.from(problem[name]),
      );
      assertClose(expected[name], slopes, 1e-8, name);
    }
  }
});

Deno.test("linearCrossEntropy refuses what it cannot compute or differentiate", () => {
  const graph = new Graph();
  const hidden = graph.parameter("hidden", [3, 4]);
  const weight = graph.parameter("weight", [8, 4]);
  const targets = graph.input("targets", [3], "u32");
  const scale = graph.input("scale", [1]);
  const operands = { hidden, weight, targets, scale };
  const refuse = (
    more: Partial<typeof operands>,
    options: LinearCrossEntropyOptions = { gradients: false },
  ) =>
    assertThrows(
      () => linearCrossEntropy(graph, { ...operands, ...more }, options),
      ShapeError,
    );
  refuse({ weight: graph.input("w", [8, 5]) });
  refuse({ targets: graph.input("t", [4], "u32") });
  refuse({ targets: graph.input("f", [3]) });
  refuse({ scale: graph.input("s", [2]) });
  refuse({}, { gradients: false, vocabulary: 9 });
  refuse({}, { gradients: false, softcap: 0 });
  const { loss } = linearCrossEntropy(graph, operands, { gradients: false });
  assertThrows(
    () => differentiate(graph, loss, new Map([[hidden, undefined]])),
    Error,
    "without gradients",
  );
  const trained = linearCrossEntropy(graph, operands, { gradients: true });
  assertThrows(
    () => differentiate(graph, trained.loss, new Map([[weight, undefined]])),
    Error,
    "weightGradient",
  );
});
