import { assertEquals, assertThrows } from "@std/assert";
import { gradientNorm } from "../../../kernels/ops/gradient_norm.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { assertClose, type HarnessOptions, runGraph } from "../harness.ts";
import { randomValues } from "../random_values.ts";
import { smallBindings } from "../small_bindings.ts";

async function normOf(
  gradients: readonly ArrayLike<number>[],
  options: HarnessOptions = {},
): Promise<Float32Array> {
  const { norm } = await runGraph(
    (graph) => ({
      norm: gradientNorm(
        graph,
        gradients.map((values, i) => graph.input(`${i}`, [values.length])),
      ),
    }),
    Object.fromEntries(gradients.map((values, i) => [`${i}`, values])),
    options,
  );
  return norm;
}

function reference(gradients: readonly Float64Array[]): number {
  return Math.hypot(...gradients.map((values) => Math.hypot(...values)));
}

// An invocation adds squares of at most a few dozen items here and the final
// stage a few hundred sums, all positive: errors below 100 roundings.
const TOLERANCE = 100 * 2 ** -24;

for (const sizes of [[1], [7, 4], [5000, 333, 64], [40_001]]) {
  Deno.test(`gradientNorm over tensors of ${sizes}`, async () => {
    const gradients = sizes.map((size) => randomValues(`${size}`, size));
    const norm = await normOf(gradients);
    assertClose([norm[0]], [reference(gradients)], TOLERANCE, "norm");
    assertEquals(norm[1], 0);
    assertEquals(await normOf(gradients), norm);
  });
}

for (const size of [5000, 5001]) {
  Deno.test(`gradientNorm binds ranges of ${size} elements`, async () => {
    const gradients = [randomValues("a", size), randomValues("b", 9)];
    const capabilities = await smallBindings(6144);
    const norm = await normOf(gradients, { capabilities });
    assertClose([norm[0]], [reference(gradients)], TOLERANCE, "norm");
  });
}

Deno.test("gradientNorm of numbers whose squares overflow", async () => {
  const huge = [3e37, -4e37, 1, 2];
  assertClose([(await normOf([huge]))[0]], [5e37], TOLERANCE, "huge");
  const mixed = Float64Array.from([2e15, 1e15, 5e14, 3]);
  assertClose(
    [(await normOf([mixed]))[0]],
    [Math.hypot(...mixed)],
    TOLERANCE,
    "around the threshold",
  );
});

Deno.test("gradientNorm counts what is not finite and leaves it out", async () => {
  const values = [3, NaN, Infinity, -Infinity, 4, 0, 0, -NaN, 0];
  assertEquals([...await normOf([values])], [5, 4]);
  assertEquals([...await normOf([[...values, 0, 0, 0]])], [5, 4]);
});

Deno.test("gradientNorm refuses no gradients", () => {
  assertThrows(() => gradientNorm(new Graph(), []), ShapeError);
});
