import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { elementCount } from "../../kernels/ops/tensor.ts";
import type { ParameterKind } from "../../model/parameter_pack.ts";
import { ParameterSet, type ParameterSpec } from "../../model/parameter_set.ts";

const NORMAL = { kind: "normal", deviation: 0.02 } as const;
const SPECS: readonly ParameterSpec[] = [
  {
    key: "table",
    parts: [{ name: "model.table", shape: [100, 30] }],
    decay: true,
    initial: NORMAL,
  },
  {
    key: "norm",
    parts: [{ name: "model.norm", shape: [30] }],
    decay: false,
    initial: { kind: "ones" },
  },
  {
    key: "qkv",
    parts: [
      { name: "model.q", shape: [40, 30] },
      { name: "model.k", shape: [20, 30] },
      { name: "model.v", shape: [20, 30] },
    ],
    decay: true,
    initial: NORMAL,
  },
  {
    key: "bias",
    parts: [{ name: "model.bias", shape: [7] }],
    decay: false,
    initial: { kind: "zeros" },
  },
];

Deno.test("parameters lie apart in packs of one kind, aligned", () => {
  const set = new ParameterSet(SPECS, 1 << 28);
  assertEquals(set.count, 3000 + 30 + 2400 + 7);
  assertEquals(set.packs.map(({ decay }) => decay), [true, false]);
  const ends = new Map<unknown, number>();
  for (const { key, decay } of SPECS) {
    const tensor = set.weight(key);
    assertEquals(set.weight(key), tensor);
    const { base, offset } = tensor.view ?? {};
    const pack = set.packs.find(({ weight }) => weight === base);
    assertEquals(pack?.decay, decay);
    assert(offset !== undefined && offset % 64 === 0);
    assert(offset >= (ends.get(base) ?? 0), key);
    const end = offset + elementCount(tensor.shape);
    assert(end <= elementCount(pack?.weight.shape ?? []), key);
    ends.set(base, end);
    // Gradient and moments lie where the weight does.
    assert(pack?.optimizer === "adamw");
    for (const kind of ["gradient", "firstMoment", "secondMoment"] as const) {
      const other = set.tensor(key, kind);
      assertEquals(other.view?.base, pack[kind]);
      assertEquals(other.view?.offset, offset);
    }
  }
  assertEquals(set.weight("qkv").shape, [80, 30]);
  assertEquals(set.accumulators().size, SPECS.length);
  assertEquals(
    set.accumulators().get(set.weight("norm")),
    set.tensor("norm", "gradient"),
  );
  assertThrows(() => set.weight("qk"), RangeError, 'No parameter "qk"');
});

Deno.test("Muon's matrices lie apart and have one moment", () => {
  const specs = SPECS.map((spec) => ({ ...spec, hidden: spec.key === "qkv" }));
  const set = new ParameterSet(specs, 1 << 28, { optimizer: "muon" });
  assertEquals(
    set.packs.map(({ optimizer, decay }) => [optimizer, decay]),
    [["adamw", true], ["adamw", false], ["muon", true]],
  );
  const matrices = [...set.muonMatrices()];
  assertEquals(
    matrices.map(({ part, decay, weight }) => [
      part.name,
      decay,
      weight.view?.offset,
    ]),
    [
      ["model.q", true, 0],
      ["model.k", true, 40 * 30],
      ["model.v", true, 60 * 30],
    ],
  );
  for (const kind of ["weight", "gradient", "momentum"] as const) {
    const tensors = new Map(
      [...set.partTensors(kind)].map(({ part, tensor }) => [part.name, tensor]),
    );
    for (const matrix of matrices) {
      const whole = tensors.get(matrix.part.name);
      assertEquals(whole?.view, matrix[kind].view);
      assertEquals(whole?.shape, matrix.part.shape);
    }
  }
  const named = (kind: ParameterKind) =>
    [...set.partTensors(kind)].map(({ part }) => part.name);
  assertEquals(named("momentum"), ["model.q", "model.k", "model.v"]);
  assertEquals(named("secondMoment"), [
    "model.table",
    "model.norm",
    "model.bias",
  ]);
  assertThrows(
    () => set.tensor("qkv", "secondMoment"),
    RangeError,
    'No secondMoment of parameter "qkv"',
  );
});

Deno.test("without Muon all have AdamW's moments", () => {
  const specs = SPECS.map((spec) => ({ ...spec, hidden: true }));
  const set = new ParameterSet(specs, 1 << 28);
  assertEquals([...set.muonMatrices()], []);
  assertEquals([...set.partTensors("momentum")], []);
  assertEquals(
    [...set.partTensors("secondMoment")].length,
    set.parts.length,
  );
});

Deno.test("a checkpoint's tensors are the rows of what they are stacked to", () => {
  const set = new ParameterSet(SPECS, 1 << 28);
  const parts = [...set.partTensors("weight")];
  assertEquals(parts.map(({ part }) => part), [...set.parts]);
  const start = set.weight("qkv").view?.offset ?? NaN;
  const offsets = parts.filter(({ part }) => /\.[qkv]$/.test(part.name))
    .map(({ tensor }) => (tensor.view?.offset ?? NaN) - start);
  assertEquals(offsets, [0, 40 * 30, 60 * 30]);
  for (const { part, tensor } of parts) assertEquals(tensor.shape, part.shape);
});

Deno.test("a pack is no larger than a buffer may be", () => {
  const bytes = 3200 * 4;
  const set = new ParameterSet(SPECS, bytes);
  assertEquals(set.packs.map(({ decay }) => decay), [true, true, false]);
  for (const { weight } of set.packs) {
    assert(elementCount(weight.shape) * 4 <= bytes);
  }
  assertEquals(set.count, new ParameterSet(SPECS, 1 << 28).count);
});

Deno.test("initial values follow from seed and name alone", () => {
  const valuesOf = (set: ParameterSet, seed: number) =>
    new Map(
      [...set.initialValues(seed)].map((
        { tensor, values },
      ) => [tensor.name, values]),
    );
  const values = valuesOf(new ParameterSet(SPECS, 1 << 28), 1);
  assertEquals(
    valuesOf(new ParameterSet(SPECS.toReversed(), 3200 * 4), 1).get("model.k"),
    values.get("model.k"),
  );
  assertNotEquals(
    valuesOf(new ParameterSet(SPECS, 1 << 28), 2).get("model.k"),
    values.get("model.k"),
  );
  assertNotEquals(values.get("model.k"), values.get("model.v"));
  assertEquals(values.get("model.norm"), new Float32Array(30).fill(1));
  assertEquals(values.get("model.bias"), new Float32Array(7));
  const table = values.get("model.table") ?? new Float32Array();
  const mean = table.reduce((sum, v) => sum + v, 0) / table.length;
  const square = table.reduce((sum, v) => sum + v * v, 0) / table.length;
  // Four standard errors of 3,000 draws.
  assertAlmostEquals(mean, 0, 4 * 0.02 / Math.sqrt(3000));
  assertAlmostEquals(Math.sqrt(square), 0.02, 4 * 0.02 / Math.sqrt(6000));
});
