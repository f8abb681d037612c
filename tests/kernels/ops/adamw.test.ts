import { assertEquals, assertThrows } from "@std/assert";
import { adamw } from "../../../kernels/ops/adamw.ts";
import { gradientNorm } from "../../../kernels/ops/gradient_norm.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { type AdamwCase, adamwStep } from "../../reference/adamw.ts";
import { assertClose, type HarnessOptions, runGraph } from "../harness.ts";
import { randomValues } from "../random_values.ts";
import { smallBindings } from "../small_bindings.ts";

const CASE: AdamwCase = {
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.1,
  clip: 1,
};

interface State {
  readonly weight: ArrayLike<number>;
  readonly m: ArrayLike<number>;
  readonly v: ArrayLike<number>;
}

/** One step on the device, the gradient's norm included. */
async function step(
  state: State,
  gradient: ArrayLike<number>,
  number: number,
  learningRate: number,
  shape: AdamwCase,
  options: HarnessOptions = {},
) {
  const size = [state.weight.length];
  return await runGraph((graph) => {
    const weight = graph.variable("weight", size, "weight");
    const gradient = graph.variable("gradient", size, "gradient");
    const m = graph.variable("m", size, "moment");
    const v = graph.variable("v", size, "moment");
    const hyper = graph.input("hyper", [8]);
    const norm = gradientNorm(graph, [gradient]);
    adamw(graph, { weight, gradient, m, v, hyper, norm }, shape);
    return { weight, m, v };
  }, {
    weight: state.weight,
    gradient,
    m: state.m,
    v: state.v,
    hyper: [
      learningRate,
      1 - shape.beta1 ** number,
      1 - shape.beta2 ** number,
      shape.clip,
      0,
      0,
      0,
      0,
    ],
  }, options);
}

async function tenSteps(
  size: number,
  shape: AdamwCase,
  options: HarnessOptions = {},
): Promise<void> {
  const expected = {
    weight: randomValues("weight", size),
    m: new Float64Array(size),
    v: new Float64Array(size),
  };
  let state: State = {
    weight: Float32Array.from(expected.weight),
    m: Float32Array.from(expected.m),
    v: Float32Array.from(expected.v),
  };
  for (let number = 1; number <= 10; number++) {
    const gradient = randomValues(`gradient ${number}`, size);
    const rate = 0.01 * number;
    adamwStep(expected, gradient, number, rate, shape);
    const read = await step(state, gradient, number, rate, shape, options);
    state = { weight: read.weight, m: read.m, v: read.v };
  }
  // About ten roundings a step, of numbers no larger than the largest.
  const tolerance = 100 * 2 ** -24;
  assertClose(state.weight, expected.weight, tolerance, "weight");
  assertClose(state.m, expected.m, tolerance, "m");
  assertClose(state.v, expected.v, tolerance, "v");
}

Deno.test("ten steps of adamw agree with the reference", async () => {
  await tenSteps(1003, CASE);
});

Deno.test("adamw in vectors, without clipping and decay", async () => {
  await tenSteps(64, { ...CASE, clip: 0, weightDecay: 0, beta2: 0.999 });
});

for (const size of [64, 1003]) {
  Deno.test(`adamw of ${size} weights that decay where the step takes off`, async () => {
    await tenSteps(size, { ...CASE, weightDecay: 0.5, cautious: true });
  });
}

for (const size of [3000, 3001]) {
  Deno.test(`adamw binds ranges of ${size} elements`, async () => {
    const capabilities = await smallBindings(4096);
    await tenSteps(size, CASE, { capabilities });
  });
}

for (const broken of [NaN, Infinity, -Infinity]) {
  Deno.test(`adamw skips a step with a gradient of ${broken}`, async () => {
    const state = {
      weight: Float32Array.from([1, 2, 3]),
      m: Float32Array.from([0.1, 0.2, 0.3]),
      v: Float32Array.from([0.01, 0.02, 0.03]),
    };
    const read = await step(state, [1, broken, 1], 3, 0.1, CASE);
    assertEquals(read, state);
  });
}

Deno.test("adamw leaves a gradient below the clipping norm as it is", async () => {
  const state = { weight: [1, 1], m: [0, 0], v: [0, 0] };
  const { m } = await step(state, [0.3, 0.4], 1, 0.1, CASE);
  assertClose(m, [0.03, 0.04], 4 * 2 ** -24, "m");
});

Deno.test("adamw refuses moments of another shape", () => {
  const graph = new Graph();
  const weight = graph.variable("weight", [4], "weight");
  const gradient = graph.variable("gradient", [4], "gradient");
  const m = graph.variable("m", [4], "moment");
  const v = graph.variable("v", [5], "moment");
  const hyper = graph.input("hyper", [8]);
  const norm = graph.input("norm", [2]);
  assertThrows(
    () => adamw(graph, { weight, gradient, m, v, hyper, norm }, CASE),
    ShapeError,
    "with v [5]",
  );
  assertThrows(
    () => adamw(graph, { weight, gradient, m, v: m, hyper: norm, norm }, CASE),
    ShapeError,
    "hyper [2]",
  );
});
