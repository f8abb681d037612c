import { assertEquals, assertThrows } from "@std/assert";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { swap } from "../../../kernels/ops/swap.ts";
import { weightAverage } from "../../../kernels/ops/weight_average.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { assertClose, type HarnessOptions, runGraph } from "../harness.ts";
import { randomValues } from "../random_values.ts";
import { smallBindings } from "../small_bindings.ts";

const CASES = [[64], [1003], [61 * 53, 4096], [64 * 53, 4096]] as const;

for (const [size, bound] of CASES) {
  const what = `${size} elements${bound ? ` in ${bound} bytes` : ""}`;
  const a = Float32Array.from(randomValues("a", size));
  const b = Float32Array.from(randomValues("b", size));

  const options = async (): Promise<HarnessOptions> =>
    bound === undefined ? {} : { capabilities: await smallBindings(bound) };

  for (const part of [0.3, 1]) {
    Deno.test(`an average of ${what} takes ${part} of the weights`, async () => {
      const { average } = await runGraph(
        (graph) => {
          const average = graph.variable("average", [size], "moment");
          const weight = graph.variable("weight", [size], "weight");
          const hyper = graph.input("hyper", [8]);
          weightAverage(graph, { average, weight, hyper });
          return { average };
        },
        { average: a, weight: b, hyper: [0, 0, 0, 0, part, 0, 0, 0] },
        await options(),
      );
      if (part === 1) assertEquals(average, b);
      else {
        const expected = a.map((value, i) => 0.7 * value + 0.3 * b[i]);
        assertClose(average, expected, 4 * 2 ** -24, "average");
      }
    });
  }

  Deno.test(`${what} are swapped to the bit`, async () => {
    const read = await runGraph(
      (graph) => {
        const a = graph.variable("a", [size], "weight");
        const b = graph.variable("b", [size], "moment");
        swap(graph, a, b);
        return { a, b };
      },
      { a, b },
      await options(),
    );
    assertEquals(read, { a: b, b: a });
  });
}

Deno.test("averages and swaps take equal shapes", () => {
  const graph = new Graph();
  const a = graph.variable("a", [4], "weight");
  const b = graph.variable("b", [5], "weight");
  const hyper = graph.input("hyper", [8]);
  assertThrows(
    () => weightAverage(graph, { average: a, weight: b, hyper }),
    ShapeError,
    "Cannot average weights [5] in [4]",
  );
  assertThrows(
    () => weightAverage(graph, { average: a, weight: a, hyper: a }),
    ShapeError,
    "hyper [4]",
  );
  assertThrows(() => swap(graph, a, b), ShapeError, "Cannot swap [4] and [5]");
});
