import { assert, assertEquals, assertThrows } from "@std/assert";
import { MOST_LOOP_TURNS } from "../../../kernels/ops/launch.ts";
import { matmul } from "../../../kernels/ops/matmul.ts";
import { matmulBlocks } from "../../../kernels/ops/matmul_blocks.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import {
  type OperandPrecision,
  operandRounding,
} from "../../../kernels/ops/operand_precision.ts";
import { weightedSum } from "../../../kernels/ops/weighted_sum.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import type { Capabilities } from "../../../kernels/runtime/capabilities.ts";
import {
  type Activation,
  type Layout,
  matmulGradientReference,
  matmulReference,
  type Operands,
  type Product,
} from "../../reference/matmul.ts";
import {
  assertClose,
  finiteDifference,
  type HarnessOptions,
  runGradients,
  runGraph,
  testDevice,
  type TestGraph,
} from "../harness.ts";
import { everyVariant, FEW_SHAPES } from "../every_variant.ts";

const LAYOUTS: readonly Layout[] = ["nn", "nt", "tn"];

/** [M, N, K]: single, primes, whole tiles, edges of tiles, thin, deep. */
const SIZES = [
  [1, 1, 1],
  [3, 5, 7],
  [4, 8, 4],
  [37, 41, 43],
  [64, 64, 64],
  [68, 36, 52],
  [1, 132, 96],
  [5, 64, 33],
  [12, 20, 1000],
  [130, 4, 16],
  [2, 3, 517],
] as const;

/**
 * Rounding of a sum of `depth` products is of the order of √depth·2⁻²⁴ of its
 * terms' size; 16 leaves room for the unlucky one among thousands. Rounding both
 * operands changes each product by twice the unit of the precision, which add
 * up like a random walk as well; 4 leaves room there, where that is much more.
 */
const tolerance = (depth: number, operands: OperandPrecision = "f32") =>
  Math.sqrt(depth + 4) *
  (16 * 2 ** -24 + 4 * 2 * operandRounding(operands).relative);

/** Numbers between -1 and 1 that do not repeat with a matrix's rows. */
function values(count: number, seed: number): Float32Array {
  return Float32Array.from(
    { length: count },
    (_, i) => Math.sin(i * 12.9898 + seed * 78.233) * 43758.5453 % 1,
  );
}

function productOf(
  layout: Layout,
  [rows, columns, depth]: readonly number[],
): Product {
  return { layout, rows, columns, depth };
}

function shapes({ layout, rows, columns, depth }: Product) {
  return {
    a: layout === "tn" ? [depth, rows] : [rows, depth],
    b: layout === "nt" ? [columns, depth] : [depth, columns],
  };
}

function operandsOf(
  { rows, columns, depth }: Product,
  epilogue: boolean,
): Operands & Record<string, Float32Array> {
  return {
    a: values(rows * depth, 1),
    b: values(columns * depth, 2),
    ...(epilogue
      ? { bias: values(columns, 3), addend: values(rows * columns, 4) }
      : {}),
  };
}

function build(
  graph: TestGraph,
  product: Product,
  epilogue: boolean,
  activation?: Activation,
) {
  const { a, b } = shapes(product);
  const { rows, columns } = product;
  return matmul(graph, {
    a: graph.parameter("a", a),
    b: graph.parameter("b", b),
    ...(epilogue
      ? {
        bias: graph.parameter("bias", [columns]),
        addend: graph.parameter("addend", [rows, columns]),
      }
      : {}),
  }, { layout: product.layout, ...(activation ? { activation } : {}) });
}

async function check(
  product: Product,
  epilogue: boolean,
  activation?: Activation,
  options: HarnessOptions = {},
): Promise<Float32Array> {
  const operands = operandsOf(product, epilogue);
  const { c } = await runGraph(
    (graph) => ({ c: build(graph, product, epilogue, activation) }),
    operands,
    options,
  );
  assertClose(
    c,
    matmulReference(product, operands, activation),
    tolerance(product.depth, options.operands),
    `${product.layout} ${product.rows} ${product.columns} ${product.depth}`,
  );
  return c;
}

async function limited(bytes: number): Promise<Capabilities> {
  const { capabilities } = await testDevice();
  return {
    ...capabilities,
    limits: { ...capabilities.limits, maxStorageBufferBindingSize: bytes },
  };
}

for (const layout of LAYOUTS) {
  Deno.test(`matmul ${layout} multiplies matrices of any size`, async () => {
    for (const size of SIZES) await check(productOf(layout, size), false);
  });

  Deno.test(`matmul ${layout} of more tiles than a band is right on both kinds of adapter`, async () => {
    const { capabilities } = await testDevice();
    for (const software of [true, false]) {
      await check(productOf(layout, [1300, 72, 5]), true, undefined, {
        capabilities: { ...capabilities, software },
      });
    }
  });

  Deno.test(`matmul ${layout} adds a bias, applies an activation, adds a residual`, async () => {
    await check(productOf(layout, [37, 41, 43]), true);
    await check(productOf(layout, [36, 40, 44]), true, "gelu_tanh");
    await check(productOf(layout, [5, 7, 301]), true, "silu");
    await check(productOf(layout, [1, 40, 301]), true, "relu2");
  });

  for (const software of [true, false]) {
    const kind = software ? "software" : "hardware";
    Deno.test(`matmul ${layout} is right in every variant for ${kind} adapters`, async () => {
      const capabilities = {
        ...(await testDevice()).capabilities,
        software,
      };
      // All that is offered, on one odd size or by turns on three: compiling
      // is what takes time.
      const sizes = [[13, 21, 263], [68, 36, 260], [3, 20, 516]];
      const few = FEW_SHAPES ? sizes.slice(0, 1) : sizes;
      const seen = new Set<string>();
      for (const [first, size] of few.entries()) {
        const tried = await everyVariant(
          (options) =>
            check(productOf(layout, size), true, "gelu_tanh", options),
          { capabilities, first, step: few.length },
        );
        for (const name of tried) seen.add(name);
      }
      assert(seen.size >= 8, `only ${[...seen]} were tried`);
    });
  }

  Deno.test(`matmul ${layout} is right where tiles of hardware adapters end with the matrices`, async () => {
    const capabilities = {
      ...(await testDevice()).capabilities,
      software: false,
    };
    await everyVariant(
      (options) =>
        check(productOf(layout, [128, 256, 272]), true, "gelu_tanh", options),
      { capabilities, step: 8 },
    );
  });

  for (const operands of ["f16", "bf16"] as const) {
    Deno.test(`matmul ${layout} rounds operands to ${operands} where it may`, async () => {
      const capabilities = {
        ...(await testDevice()).capabilities,
        software: false,
      };
      const names = new Set<string>();
      const seen = await everyVariant(
        ({ choose, ...options }) =>
          check(productOf(layout, [13, 21, 263]), true, "silu", {
            ...options,
            choose: (problem, offered) => {
              const rounded = offered.filter((name) => name.includes(operands));
              for (const name of rounded) names.add(name);
              return choose?.(
                problem,
                rounded.length > 0 ? rounded : offered,
              ) ??
                offered[0];
            },
          }),
        { capabilities, operands, step: FEW_SHAPES ? 1 : 4 },
      );
      assertEquals(
        names.size > 0,
        operands === "bf16" || capabilities.features.has("shader-f16"),
      );
      assert(seen.size > 0);
    });
  }

  Deno.test(`matmul ${layout} binds blocks where the adapter binds little at once`, async () => {
    const capabilities = await limited(8192);
    await check(productOf(layout, [72, 36, 52]), true, "gelu_tanh", {
      capabilities,
    });
    await check(productOf(layout, [5, 67, 37]), true, undefined, {
      capabilities,
    });
    await check(productOf(layout, [9, 16, 300]), true, "silu", {
      capabilities,
    });
  });

  Deno.test(`matmul ${layout} gives the gradient of every operand`, async () => {
    const cases = [
      [[5, 6, 7], "silu"],
      [[36, 20, 28], "gelu_tanh"],
      [[33, 17, 65], undefined],
    ] as const;
    for (const [size, activation] of cases) {
      await checkGradients(productOf(layout, size), activation, {});
    }
  });

  Deno.test(`matmul ${layout} gives gradients in blocks`, async () => {
    await checkGradients(productOf(layout, [72, 36, 52]), "gelu_tanh", {
      capabilities: await limited(8192),
    });
  });

  Deno.test(`the reference of matmul ${layout} has the slopes that differences show`, () => {
    const product = productOf(layout, [3, 4, 5]);
    const operands = operandsOf(product, true);
    const upstream = values(12, 5);
    const expected = matmulGradientReference(
      product,
      operands,
      upstream,
      "gelu_tanh",
    );
    for (const name of ["a", "b", "bias", "addend"] as const) {
      const slopes = finiteDifference(
        (x) =>
          matmulReference(product, { ...operands, [name]: x }, "gelu_tanh")
            .reduce((sum, c, i) => sum + c * upstream[i], 0),
        Float64Array.from(operands[name] ?? []),
      );
      // Central differences err by about step² (1e-10) and 2⁻⁵²/step.
      assertClose(expected[name], slopes, 1e-8, name);
    }
  });
}

async function checkGradients(
  product: Product,
  activation: Activation | undefined,
  options: HarnessOptions,
): Promise<void> {
  const { rows, columns, depth } = product;
  const operands = operandsOf(product, true);
  const upstream = values(rows * columns, 5);
  const { gradients } = await runGradients(
    (graph) =>
      weightedSum(
        graph,
        build(graph, product, true, activation),
        graph.input("upstream", [rows, columns]),
      ),
    { ...operands, upstream },
    ["a", "b", "bias", "addend"],
    options,
  );
  const expected = matmulGradientReference(
    product,
    operands,
    upstream,
    activation,
  );
  // The deepest sums are those of whichever operand is summed over most.
  const bound = 4 * tolerance(Math.max(rows, columns, depth));
  for (const name of ["a", "b", "bias", "addend"] as const) {
    assertClose(gradients[name], expected[name], bound, name);
  }
}

Deno.test("matmul sums more products than the loops of one invocation take", async () => {
  const product = productOf("nt", [2, 3, 300_000]);
  const { capabilities } = await testDevice();
  const { depth } = matmulBlocks("nt", product, capabilities);
  assertEquals(depth.reduce((sum, { rows }) => sum + rows, 0), 300_000);
  assert(depth.every(({ rows }) => rows <= MOST_LOOP_TURNS));
  await check(product, true, "silu");
});

Deno.test("matmul adds up the gradients of a weight that is used twice", async () => {
  const product = productOf("nt", [6, 5, 5]);
  const operands = operandsOf(product, false);
  const upstream = values(30, 5);
  const { gradients } = await runGradients(
    (graph) => {
      const a = graph.parameter("a", [6, 5]);
      const b = graph.parameter("b", [5, 5]);
      const once = matmul(graph, { a, b }, { layout: "nt" });
      const twice = matmul(graph, { a: once, b }, { layout: "nt" });
      return weightedSum(graph, twice, graph.input("upstream", [6, 5]));
    },
    { ...operands, upstream },
    ["a", "b"],
  );
  const once = matmulReference(product, operands);
  const outer = matmulGradientReference(
    product,
    { a: once, b: operands.b },
    upstream,
  );
  const inner = matmulGradientReference(product, operands, outer.a);
  assertClose(gradients.a, inner.a, 1e-5, "a");
  assertClose(
    gradients.b,
    inner.b.map((value, i) => value + outer.b[i]),
    1e-5,
    "b",
  );
});

Deno.test("matmul gives the same bits on every run", async () => {
  const product = productOf("tn", [12, 20, 1000]);
  assertEquals(await check(product, true), await check(product, true));
});

Deno.test("matmul refuses operands that do not fit together", () => {
  const graph = new Graph();
  const a = graph.input("a", [3, 4]);
  const refuse = (operands: Parameters<typeof matmul>[1], layout: Layout) =>
    assertThrows(() => matmul(graph, operands, { layout }), ShapeError);
  refuse({ a, b: a }, "nn");
  refuse({ a, b: graph.input("b", [3, 5]) }, "nt");
  refuse({ a, b: graph.input("b", [4]) }, "nn");
  refuse({ a, b: a, bias: graph.input("bias", [4]) }, "nt");
  refuse({ a, b: a, addend: graph.input("addend", [3, 4]) }, "nt");
});
