import { assert, assertEquals, assertMatch } from "@std/assert";
import { NO_EPILOGUE } from "../../../kernels/ops/matmul_problem.ts";
import { matmulVariants } from "../../../kernels/ops/matmul_variants.ts";
import type { OperandPrecision } from "../../../kernels/ops/operand_precision.ts";
import { DEFAULT_CAPABILITIES } from "../../../kernels/runtime/capabilities.ts";

/** What a discrete GPU grants. */
const LARGE = {
  ...DEFAULT_CAPABILITIES,
  limits: {
    ...DEFAULT_CAPABILITIES.limits,
    maxStorageBufferBindingSize: 2 ** 31 - 4,
    maxComputeWorkgroupStorageSize: 49_152,
    maxComputeInvocationsPerWorkgroup: 1024,
    maxComputeWorkgroupSizeX: 1024,
  },
  features: new Set(["shader-f16"]),
};

function names(
  [rows, columns, depth]: readonly [number, number, number],
  capabilities = LARGE,
  operands: OperandPrecision = "f32",
  matrices = 1,
): string[] {
  return matmulVariants(
    {
      layout: "nt",
      matrices,
      rows,
      columns,
      depth,
      a: { base: 0, stride: depth, apart: rows * depth },
      b: { base: 0, stride: depth, apart: columns * depth },
      c: { base: 0, stride: columns, apart: rows * columns },
      shared: "a",
      epilogue: NO_EPILOGUE,
    },
    capabilities,
    operands,
  ).map(({ name }) => name);
}

const SQUARE = [4096, 4096, 4096] as const;

Deno.test("large products on GPUs take large tiles in two buffers where there is room", () => {
  assertEquals(names(SQUARE)[0], "workgroup_128x128x8_8x8_double");
  // Two buffers of half that tile are what 16 KiB hold.
  assertEquals(
    names(SQUARE, { ...DEFAULT_CAPABILITIES, features: new Set() })[0],
    "workgroup_64x128x8_8x8_double",
  );
});

Deno.test("deep products on GPUs are split, those of few rows share the depth", () => {
  const [deep] = names([128, 128, 65_536]);
  assert(/_split(16|32)$/.test(deep), deep);
  const [thin] = names([1, 768, 768]);
  assert(thin.startsWith("thin_"), thin);
});

Deno.test("operands may be rounded only where the plan allows and the device can", () => {
  const without = { ...LARGE, features: new Set<string>() };
  const offers = (
    precision: OperandPrecision,
    capabilities: typeof LARGE,
    operands: OperandPrecision,
  ) =>
    names(SQUARE, capabilities, operands).some((name) =>
      name.includes(`_${precision}`)
    );
  assertEquals(offers("f16", LARGE, "f32"), false);
  assertEquals(offers("bf16", LARGE, "f32"), false);
  assertEquals(offers("f16", LARGE, "f16"), true);
  assertEquals(offers("f16", without, "f16"), false);
  assertEquals(offers("bf16", without, "bf16"), true);
  // Unpacking takes more instructions than the loads that it saves.
  assertEquals(/f16/.test(names(SQUARE, LARGE, "f16")[0]), false);
});

Deno.test("products that leave a GPU idle alone are not split in a stack", () => {
  const size = [768, 768, 768] as const;
  assertMatch(names(size)[0], /split/);
  const [stacked] = names(size, LARGE, "f32", 12);
  assertEquals(stacked.includes("split"), false);
});
