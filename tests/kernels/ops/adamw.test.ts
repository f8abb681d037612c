import { assertEquals } from "@std/assert";
import { adamw } from "../../../kernels/ops/adamw.ts";
import { gradientNorm } from "../../../kernels/ops/gradient_norm.ts";
import { createTensor } from "../../../kernels/ops/tensor.ts";
import { Executable } from "../../../kernels/plan/executable.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { planProgram } from "../../../kernels/plan/plan_program.ts";
import type { Capabilities } from "../../../kernels/runtime/capabilities.ts";
import { adamwStep } from "../../reference/adamw.ts";
import { assertClose, testDevice } from "../harness.ts";
import { randomValues } from "../random_values.ts";
import { smallBindings } from "../small_bindings.ts";

const OPTIONS = {
  learningRate: 1e-2,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.1,
  clip: 1,
};

async function compileUpdate(count: number, capabilities?: Capabilities) {
  const gpu = await testDevice();
  const [weight, gradient, m, v] =
    (["weight", "gradient", "moment", "moment"] as const)
      .map((role, i) =>
        createTensor({
          name: `${role} ${i}`,
          shape: [count],
          dtype: "f32",
          role,
        })
      );
  const graph = new Graph();
  const hyper = graph.input("hyper", [8]);
  const norm = gradientNorm(graph, [gradient]);
  adamw(graph, { weight, gradient, m, v, hyper, norm }, OPTIONS);
  const plan = planProgram(
    new Map([["update", graph]]),
    capabilities ?? gpu.capabilities,
    { readbackBytes: 4 * count },
  );
  const program = await Executable.compile(gpu, plan);
  const step = (number: number, values: ArrayLike<number>) => {
    program.write(gradient, Float32Array.from(values));
    program.write(
      hyper,
      Float32Array.of(
        OPTIONS.learningRate,
        1 - OPTIONS.beta1 ** number,
        1 - OPTIONS.beta2 ** number,
        OPTIONS.clip,
        0,
        0,
        0,
        0,
      ),
    );
    program.submit(["update"]);
  };
  return { program, weight, gradient, m, v, step };
}

for (const count of [1, 7, 1003, 4096]) {
  Deno.test(`ten AdamW steps of ${count} weights follow f64`, async () => {
    const update = await compileUpdate(
      count,
      // Small bindings where there is more than one block to make.
      count > 1000 ? await smallBindings(16_384) : undefined,
    );
    const state = {
      weight: randomValues("weight", count),
      m: new Float64Array(count),
      v: new Float64Array(count),
    };
    update.program.write(update.weight, Float32Array.from(state.weight));
    for (let step = 1; step <= 10; step++) {
      const gradient = randomValues(`gradient ${step}`, count);
      update.step(step, gradient);
      adamwStep(state, gradient, step, OPTIONS);
    }
    // Ten steps of about ten roundings each, of 2^-24 relative.
    const tolerance = 100 * 2 ** -24;
    const { program } = update;
    assertClose(await program.read(update.m), state.m, tolerance, "m");
    assertClose(await program.read(update.v), state.v, tolerance, "v");
    assertClose(
      await program.read(update.weight),
      state.weight,
      tolerance,
      "weight",
    );
    assertEquals(
      await program.read(update.gradient),
      new Float32Array(count),
    );
    program.destroy();
  });
}

Deno.test("a gradient that is not finite changes nothing but itself", async () => {
  const update = await compileUpdate(9);
  const weights = Float32Array.from(randomValues("weight", 9));
  update.program.write(update.weight, weights);
  for (const bad of [NaN, Infinity, -Infinity]) {
    update.step(1, [1, 2, 3, bad, 5, 6, 7, 8, 9]);
    assertEquals(await update.program.read(update.weight), weights);
    assertEquals(await update.program.read(update.m), new Float32Array(9));
    assertEquals(await update.program.read(update.v), new Float32Array(9));
    assertEquals(
      await update.program.read(update.gradient),
      new Float32Array(9),
    );
  }
  update.program.destroy();
});
