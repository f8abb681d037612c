import { assertEquals } from "@std/assert";
import { add } from "../../../kernels/ops/add.ts";
import { assertClose, runGradients, runGraph, testDevice } from "../harness.ts";
import { weightedSum } from "../../../kernels/ops/weighted_sum.ts";

const SIZES = [1, 7, 64, 1003];
const ramp = (n: number, by: number) =>
  Float32Array.from({ length: n }, (_, i) => (i % 17) * by - 3);

for (const size of SIZES) {
  Deno.test(`add sums ${size} elements`, async () => {
    const { sum } = await runGraph(
      (graph) => ({
        sum: add(graph, graph.input("a", [size]), graph.input("b", [size])),
      }),
      { a: ramp(size, 0.5), b: ramp(size, 0.25) },
    );
    const expected = ramp(size, 0.5).map((v, i) => v + ramp(size, 0.25)[i]);
    assertEquals(sum, expected);
  });
}

Deno.test("add leaves an input that is read later as it was", async () => {
  const { sum, twice } = await runGraph((graph) => {
    const a = graph.input("a", [5]);
    const once = add(graph, a, a);
    return { sum: add(graph, once, a), twice: add(graph, once, once) };
  }, { a: [1, 2, 3, 4, 5] });
  assertEquals([...sum], [3, 6, 9, 12, 15]);
  assertEquals([...twice], [4, 8, 12, 16, 20]);
});

Deno.test("add binds blocks where the adapter binds little at once", async () => {
  const { capabilities } = await testDevice();
  const small = {
    ...capabilities,
    limits: { ...capabilities.limits, maxStorageBufferBindingSize: 1024 },
  };
  const { sum } = await runGraph(
    (graph) => ({
      sum: add(graph, graph.input("a", [1003]), graph.input("b", [1003])),
    }),
    { a: ramp(1003, 1), b: ramp(1003, 2) },
    { capabilities: small },
  );
  assertClose(sum, ramp(1003, 1).map((v, i) => v + ramp(1003, 2)[i]), 0, "sum");
});

Deno.test("add passes its gradient to both operands", async () => {
  const { gradients } = await runGradients(
    (graph) => {
      const a = graph.parameter("a", [3]);
      const sum = add(graph, a, add(graph, a, graph.parameter("b", [3])));
      return weightedSum(graph, sum, graph.input("weights", [3]));
    },
    { a: [1, 2, 3], b: [4, 5, 6], weights: [1, 10, 100] },
    ["a", "b"],
  );
  assertEquals([...gradients.a], [2, 20, 200]);
  assertEquals([...gradients.b], [1, 10, 100]);
});
