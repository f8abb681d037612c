import { assert, assertEquals } from "@std/assert";
import { elementCount } from "../../../kernels/ops/tensor.ts";
import {
  ParameterSet,
  type ParameterSpec,
} from "../../../model/parameter_set.ts";
import { muonStacks } from "../../../model/train/muon_stacks.ts";

const COMMON = {
  decay: true,
  hidden: true,
  initial: { kind: "zeros" },
} as const;

/** Blocks of which queries, keys and values are one parameter. */
function blocks(
  count: number,
  width: number,
  keyWidth: number,
): ParameterSpec[] {
  return Array.from({ length: count }, (_, index): ParameterSpec[] => [
    {
      ...COMMON,
      key: `${index}.qkv`,
      parts: [
        { name: `${index}.q`, shape: [width, width] },
        { name: `${index}.k`, shape: [keyWidth, width] },
        { name: `${index}.v`, shape: [keyWidth, width] },
      ],
    },
    {
      ...COMMON,
      key: `${index}.up`,
      parts: [{ name: `${index}.up`, shape: [3 * width, width] }],
    },
    {
      ...COMMON,
      key: `${index}.o`,
      parts: [{ name: `${index}.o`, shape: [width, width] }],
    },
  ]).flat();
}

function stacksOf(specs: readonly ParameterSpec[], most = 1 << 30) {
  const set = new ParameterSet(specs, most, { optimizer: "muon" });
  return muonStacks(set.muonMatrices()).map((stack) =>
    stack.map(({ part, weight }) => ({ ...part, at: weight.view?.offset ?? 0 }))
  );
}

Deno.test("matrices of one shape are stacked in the order in which they lie", () => {
  const stacks = stacksOf(blocks(8, 16, 16));
  const total = 8 * (4 + 3) * 16 * 16;
  for (const stack of stacks) {
    const [{ shape }] = stack;
    assert(stack.every((part) => part.shape.join() === shape.join()));
    assert(stack.length * elementCount(shape) <= total / 4);
    // Equally far apart, so that they are one launch.
    for (const [index, { at }] of stack.entries()) {
      assertEquals(at - stack[0].at, index * elementCount(shape));
    }
  }
  const names = stacks.flat().map(({ name }) => name);
  assertEquals(new Set(names).size, 8 * 5);
  assertEquals(names.length, 8 * 5);
});

Deno.test("stacks of one shape have about as many matrices", () => {
  const sizes = stacksOf(blocks(10, 8, 4))
    .filter(([{ shape }]) => shape.join() === "8,8")
    .map((stack) => stack.length);
  assertEquals(sizes.reduce((sum, size) => sum + size), 20);
  assert(Math.max(...sizes) - Math.min(...sizes) <= sizes.length, `${sizes}`);
});

Deno.test("large matrices are on their own, and what decays apart from what does not", () => {
  const square = (name: string, decay: boolean, size: number) => ({
    ...COMMON,
    decay,
    key: name,
    parts: [{ name, shape: [size, size] }] as const,
  });
  assertEquals(
    stacksOf([
      square("a", true, 2048),
      square("b", true, 2048),
      square("c", true, 2048),
      square("d", true, 2048),
      square("e", false, 8),
      square("f", true, 8),
      square("g", true, 8),
    ]).map((stack) => stack.map(({ name }) => name)),
    [["a"], ["b"], ["c"], ["d"], ["e"], ["f", "g"]],
  );
});
