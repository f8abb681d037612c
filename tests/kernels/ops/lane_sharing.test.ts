import { assert, assertEquals } from "@std/assert";
import {
  forwardVariants,
  keyGradientVariants,
  queryGradientVariants,
} from "../../../kernels/ops/attention_variants.ts";
import { NO_EPILOGUE } from "../../../kernels/ops/matmul_problem.ts";
import { matmulVariants } from "../../../kernels/ops/matmul_variants.ts";
import {
  type Capabilities,
  DEFAULT_CAPABILITIES,
} from "../../../kernels/runtime/capabilities.ts";

/** Lanes of a CPU's vectors that are subgroups of eight. */
const LANES: Capabilities = {
  ...DEFAULT_CAPABILITIES,
  features: new Set(["subgroups"]),
  subgroupSize: 8,
  texelReads: true,
  software: true,
};

/** Names of the variants for a product and for attention. */
function names(capabilities: Capabilities): string[] {
  const access = (stride: number) => ({ base: 0, stride, apart: 0 });
  const product = {
    layout: "nn",
    matrices: 1,
    rows: 1024,
    columns: 512,
    depth: 128,
    a: access(128),
    b: access(512),
    c: access(512),
    shared: "a",
    epilogue: NO_EPILOGUE,
  } as const;
  const attention = {
    batches: 8,
    length: 128,
    heads: 4,
    kvHeads: 4,
    headDim: 32,
    window: 128,
    masked: false,
  };
  return [
    matmulVariants(product, capabilities, "f32"),
    ...[forwardVariants, queryGradientVariants, keyGradientVariants]
      .map((variants) => variants(attention, capabilities)),
  ].flatMap((offered: readonly { readonly name: string }[], index) =>
    offered.map(({ name }, place) => `${index} ${place} ${name}`)
  );
}

Deno.test("lanes of a CPU's vectors share loads where they are subgroups of eight", () => {
  const first = names(LANES).filter((name) => name.includes(" 0 "));
  assertEquals(first.length, 4);
  assert(first.every((name) => name.includes("broadcast")), `${first}`);
  for (
    const other of [
      { ...LANES, features: new Set<string>() },
      { ...LANES, subgroupSize: 4 },
      { ...LANES, texelReads: false },
      { ...LANES, software: false },
    ]
  ) {
    const shared = names(other).filter((name) => name.includes("broadcast"));
    assertEquals(shared, []);
  }
});
