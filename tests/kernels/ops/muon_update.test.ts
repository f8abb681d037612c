import { assertThrows } from "@std/assert";
import { muonMomentum } from "../../../kernels/ops/muon_momentum.ts";
import { muonUpdate } from "../../../kernels/ops/muon_update.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { createTensor, type Tensor } from "../../../kernels/ops/tensor.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { assertClose, type HarnessOptions, runGraph } from "../harness.ts";
import { randomValues } from "../random_values.ts";
import { smallBindings } from "../small_bindings.ts";

const TOLERANCE = 8 * 2 ** -24;

/** A matrix that lies somewhere in a flat tensor. */
function inside(base: Tensor, offset: number, shape: readonly number[]) {
  return createTensor({
    name: `part of ${base.name}`,
    shape,
    dtype: "f32",
    role: base.role,
    view: { base, offset },
  });
}

const CASES: readonly {
  readonly name: string;
  readonly offset: number;
  readonly shape: readonly [number, number];
  readonly bound?: number;
}[] = [
  { name: "at the start", offset: 0, shape: [12, 32] },
  { name: "off alignment", offset: 68, shape: [12, 32] },
  { name: "at an odd element", offset: 37, shape: [11, 13] },
  {
    name: "cut for the binding limit",
    offset: 37,
    shape: [61, 53],
    bound: 4096,
  },
];

for (const { name, offset, shape, bound } of CASES) {
  const count = shape[0] * shape[1];
  // Something lies before and behind it.
  const size = offset + count + 9;

  const options = async (): Promise<HarnessOptions> =>
    bound === undefined ? {} : { capabilities: await smallBindings(bound) };

  Deno.test(`momentum of a matrix ${name}`, async () => {
    const gradient = randomValues("gradient", size);
    const momentum = randomValues("momentum", size);
    const read = await runGraph(
      (graph) => {
        const g = graph.variable("gradient", [size], "gradient");
        const m = graph.variable("momentum", [size], "moment");
        muonMomentum(graph, {
          gradient: inside(g, offset, shape),
          momentum: inside(m, offset, shape),
          hyper: graph.input("hyper", [8]),
          norm: graph.input("norm", [2]),
        }, 0.9);
        return { g, m };
      },
      { gradient, momentum, hyper: [0, 0, 0, 0.5, 0, 0, 0, 0], norm: [2, 0] },
      await options(),
    );
    const isPart = (i: number) => i >= offset && i < offset + count;
    const clipped = gradient.map((value) => value * 0.5 / (2 + 1e-6));
    const mean = momentum.map((value, i) =>
      isPart(i) ? 0.9 * value + 0.1 * clipped[i] : value
    );
    assertClose(read.m, mean, TOLERANCE, "momentum");
    assertClose(
      read.g,
      gradient.map((value, i) =>
        isPart(i) ? 0.9 * mean[i] + 0.1 * clipped[i] : value
      ),
      TOLERANCE,
      "direction",
    );
  });

  for (const cautious of [false, true]) {
    Deno.test(`update of a matrix ${name}${cautious ? ", cautious" : ""}`, async () => {
      const weight = randomValues("weight", size);
      const direction = randomValues("direction", count);
      const { w } = await runGraph(
        (graph) => {
          const w = graph.variable("weight", [size], "weight");
          muonUpdate(graph, {
            weights: [inside(w, offset, shape)],
            directions: graph.input("direction", [1, ...shape]),
            hyper: graph.input("hyper", [8]),
            norm: graph.input("norm", [2]),
          }, { scale: 0.7, weightDecay: 2, cautious });
          return { w };
        },
        {
          weight,
          direction,
          hyper: [0.1, 0, 0, 0, 0, 0, 0, 0],
          norm: [2, 0],
        },
        await options(),
      );
      const expected = weight.map((value, i) => {
        const step = direction[i - offset];
        if (step === undefined) return value;
        const decays = !cautious || step * value >= 0;
        return value * (decays ? 1 - 0.1 * 2 : 1) - 0.1 * 0.7 * step;
      });
      assertClose(w, expected, TOLERANCE, "weight");
    });
  }
}

for (
  const [name, offsets, bound] of [
    ["in one run", [0, 40, 80], undefined],
    ["in several runs", [3, 43, 83, 129, 171], undefined],
    ["in runs as the binding limit has them", [0, 40, 80, 120], 512],
  ] as const
) {
  Deno.test(`weights are updated side by side ${name}`, async () => {
    const shape = [4, 9];
    const count = 36;
    const size = Math.max(...offsets) + count + 5;
    const weight = randomValues("weight", size);
    const direction = randomValues("direction", offsets.length * count);
    const read = await runGraph(
      (graph) => {
        const w = graph.variable("weight", [size], "weight");
        muonUpdate(graph, {
          weights: offsets.map((offset) => inside(w, offset, shape)),
          directions: graph.input("direction", [offsets.length, ...shape]),
          hyper: graph.input("hyper", [8]),
          norm: graph.input("norm", [2]),
        }, { scale: 0.7, weightDecay: 2 });
        return { w };
      },
      {
        weight,
        direction,
        hyper: [0.1, 0, 0, 0, 0, 0, 0, 0],
        norm: [2, 0],
      },
      bound === undefined ? {} : { capabilities: await smallBindings(bound) },
    );
    const expected = weight.slice();
    for (const [index, offset] of offsets.entries()) {
      for (let i = 0; i < count; i++) {
        expected[offset + i] = weight[offset + i] * 0.8 -
          0.07 * direction[index * count + i];
      }
    }
    assertClose(read.w, expected, TOLERANCE, "weight");
  });
}

Deno.test("Muon refuses operands that do not fit together", () => {
  const graph = new Graph();
  const gradient = graph.variable("gradient", [2, 3], "gradient");
  const other = graph.variable("other", [3, 2], "moment");
  const hyper = graph.input("hyper", [8]);
  const norm = graph.input("norm", [2]);
  assertThrows(
    () => muonMomentum(graph, { gradient, momentum: other, hyper, norm }, 0.9),
    ShapeError,
    "Cannot update momentum [3,2] with a gradient [2,3]",
  );
  assertThrows(
    () =>
      muonUpdate(
        graph,
        {
          weights: [gradient],
          directions: other,
          hyper,
          norm,
        },
        { scale: 1, weightDecay: 0 },
      ),
    ShapeError,
    "Cannot update 1 weights [2,3] with directions [3,2]",
  );
  assertThrows(
    () =>
      muonUpdate(
        graph,
        {
          weights: [gradient],
          directions: graph.input("directions", [1, 2, 3]),
          hyper: norm,
          norm,
        },
        { scale: 1, weightDecay: 0 },
      ),
    ShapeError,
    "hyper [2] and norm [2]",
  );
});
