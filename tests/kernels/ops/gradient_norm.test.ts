import { assertEquals, assertThrows } from "@std/assert";
import { gradientNorm } from "../../../kernels/ops/gradient_norm.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { assertClose, type HarnessOptions, runGraph } from "../harness.ts";
import { randomValues } from "../random_values.ts";
import { smallBindings } from "../small_bindings.ts";

async function normOf(
  tensors: readonly ArrayLike<number>[],
  options: HarnessOptions = {},
): Promise<Float32Array> {
  const { norm } = await runGraph(
    (graph) => ({
      norm: gradientNorm(
        graph,
        tensors.map(({ length }, i) => graph.input(`g${i}`, [length])),
      ),
    }),
    Object.fromEntries(tensors.map((values, i) => [`g${i}`, values])),
    options,
  );
  return norm;
}

const exact = (tensors: readonly Float64Array[]) =>
  Math.sqrt(
    tensors.reduce((sum, t) => sum + t.reduce((s, v) => s + v * v, 0), 0),
  );

for (const sizes of [[1], [7, 64], [4096, 3], [100_003, 1], [65_536]]) {
  Deno.test(`norm of tensors of ${sizes} elements`, async () => {
    const tensors = sizes.map((n) => randomValues(`norm ${n}`, n));
    const [norm, count] = await normOf(tensors);
    // Each of 4096 chains adds at most some 25 squares, then 64 chains of 64
    // and a last one: far fewer than 200 roundings of 2^-24.
    assertClose([norm], [exact(tensors)], 200 * 2 ** -24, "norm");
    assertEquals(count, 0);
  });
}

Deno.test("a norm over blocks of a tensor is the whole norm", async () => {
  const tensors = [randomValues("blocks", 5000), randomValues("more", 777)];
  const [norm] = await normOf(tensors, {
    capabilities: await smallBindings(65_536),
  });
  const [whole] = await normOf(tensors);
  assertClose([norm], [whole], 2 ** -20, "norm");
  const long = [randomValues("long", 50_000)];
  const [blocked] = await normOf(long, {
    capabilities: await smallBindings(65_536),
  });
  assertClose([blocked], [exact(long)], 200 * 2 ** -24, "norm in blocks");
});

Deno.test("elements that are not finite are counted", async () => {
  const values = Float32Array.from(randomValues("bad", 1003));
  values[0] = NaN;
  values[500] = Infinity;
  values[1002] = -Infinity;
  const [, count] = await normOf([values]);
  assertEquals(count, 3);
});

Deno.test("squares that overflow count as not finite", async () => {
  const [, count] = await normOf([[1e30, 1]]);
  assertEquals(count, 1);
});

Deno.test("the norm has the same bits every time", async () => {
  const tensors = [randomValues("repeat", 30_011)];
  assertEquals(await normOf(tensors), await normOf(tensors));
});

Deno.test("the norm of nothing is refused", () => {
  assertThrows(() => gradientNorm(new Graph(), []), ShapeError, "no tensors");
});
