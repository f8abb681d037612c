import { assert, assertEquals } from "@std/assert";
import { familyOf, matrixLines } from "./matrix.ts";
import type { CellOutcome } from "./outcome_store.ts";

const CELL: CellOutcome = {
  implementation: "dawn",
  driver: "swiftshader",
  adapter: "SwiftShader",
  limits: "default",
  passed: 3,
  failures: [],
  variants: [
    { variant: "rms_norm row_per_64", failure: null },
    { variant: "rms_norm row_per_64", failure: "wrong" },
    { variant: "rms_norm row_per_256", failure: null },
  ],
  seconds: 1,
  timedOut: false,
};

Deno.test("a family is a variant without its sizes", () => {
  assertEquals(
    familyOf("matmul nt workgroup_64x64x16_8x8_double_bf16_split4"),
    "matmul nt workgroup double bf16 split",
  );
  assertEquals(familyOf("rms_norm row_per_64"), "rms_norm row per 64");
});

Deno.test("a variant that fails on one shape has failed; others are not offered", () => {
  const other = {
    ...CELL,
    variants: [{ variant: "add x_4x4", failure: null }],
  };
  const lines = matrixLines([CELL, other]);
  assert(lines.includes("| rms_norm row per 64 | 0, 1 FAILED | – |"));
  assert(lines.includes("| rms_norm row per 256 | 1 | – |"));
  assert(lines.includes("| add x | – | 1 |"));
});
