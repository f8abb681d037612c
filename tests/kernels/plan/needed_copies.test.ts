import { assertEquals } from "@std/assert";
import type { BufferDeclaration } from "../../../kernels/ops/kernel_source.ts";
import { matmul } from "../../../kernels/ops/matmul.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { neededCopies } from "../../../kernels/plan/needed_copies.ts";
import type {
  PlannedDispatch,
  PlannedTexelCopy,
} from "../../../kernels/plan/plan.ts";
import { planProgram } from "../../../kernels/plan/plan_program.ts";
import { DEFAULT_CAPABILITIES } from "../../../kernels/runtime/capabilities.ts";

/** Buffers of a launch: which, from which byte, how many. */
interface Range {
  readonly buffer: number;
  readonly offset?: number;
  readonly bytes?: number;
  readonly access: BufferDeclaration["access"];
}

function launch(
  copies: readonly PlannedTexelCopy[],
  ranges: readonly Range[] = [],
  texels: "read" | "write" = "read",
): PlannedDispatch {
  return {
    label: "",
    op: "",
    pass: "forward",
    kernel: {
      name: "",
      bindings: [
        { name: "operands", texels },
        ...ranges.map(({ access }, index) => ({
          name: `buffer_${index}`,
          element: "f32" as const,
          access,
        })),
      ],
      body: "",
    },
    bindings: [
      { buffer: 9, offset: 0, bytes: 0, access: `texel_${texels}` },
      ...ranges.map(({ buffer, offset = 0, bytes = 1024 }) => ({
        buffer,
        offset,
        bytes,
        access: "read_write" as const,
      })),
    ],
    workgroups: [1, 1, 1],
    copies,
    flops: 0,
  };
}

/** A copy of 64 texels. */
const copyOf = (buffer: number, first: number, count = 64) => ({
  buffer,
  offset: 1024,
  first,
  count,
});

const needed = (...launches: PlannedDispatch[]) =>
  neededCopies(launches).map(({ copies }) => copies);

Deno.test("what the texture holds is not copied again", () => {
  const [x, w, v] = [copyOf(0, 0), copyOf(1, 2048), copyOf(2, 2048)];
  assertEquals(
    needed(launch([x, w]), launch([x, v]), launch([x, w])),
    [[x, w], [v], [w]],
  );
  // Less of it is there as well, more of it is not.
  const [less, more] = [copyOf(0, 0, 32), copyOf(0, 0, 65)];
  assertEquals(needed(launch([x]), launch([less])), [[x], []]);
  assertEquals(needed(launch([x]), launch([more])), [[x], [more]]);
  // Elsewhere, or from elsewhere, it is another copy.
  const places = [copyOf(0, 64), { ...x, offset: 1280 }];
  for (const other of places) {
    assertEquals(needed(launch([x]), launch([other])), [[x], [other]]);
  }
});

Deno.test("what was overwritten is copied again", () => {
  const x = copyOf(0, 0);
  const again = [[x], [], [x]];
  for (const bytes of [1028, 4096]) {
    const writes = launch([], [{ buffer: 0, bytes, access: "write" }]);
    assertEquals(needed(launch([x]), writes, launch([x])), again);
  }
  // The launch that it was copied for may overwrite it, too.
  const inPlace = launch([x], [{ buffer: 0, bytes: 4096, access: "write" }]);
  assertEquals(needed(inPlace, launch([x])), [[x], [x]]);
  // In the texture: by a kernel, or by a copy that reaches into it.
  assertEquals(
    needed(launch([x]), launch([], [], "write"), launch([x])),
    again,
  );
  const into = copyOf(1, 63);
  assertEquals(needed(launch([x]), launch([into]), launch([x])), [
    [x],
    [into],
    [x],
  ]);
});

Deno.test("writes elsewhere, and reads, leave a copy as it is", () => {
  const x = copyOf(0, 0);
  for (
    const range of [
      { buffer: 1, bytes: 4096, access: "write" },
      { buffer: 0, bytes: 1024, access: "write" },
      { buffer: 0, offset: 2048, access: "write" },
      { buffer: 0, bytes: 4096, access: "read" },
    ] as const
  ) {
    assertEquals(needed(launch([x]), launch([], [range]), launch([x])), [
      [x],
      [],
      [],
    ]);
  }
});

Deno.test("two products of one matrix copy it once", () => {
  const graph = new Graph();
  const x = graph.input("x", [256, 256]);
  const results = ["w", "v"].map((name) =>
    matmul(graph, { a: x, b: graph.input(name, [256, 256]) }, { layout: "nn" })
  );
  const plan = planProgram(
    new Map([["run", graph]]),
    { ...DEFAULT_CAPABILITIES, software: true, texelReads: true },
    {
      keep: results,
      choose: (_, candidates) =>
        candidates.find(({ name }) => name.startsWith("texel")) ??
          candidates[0],
    },
  );
  const launches = plan.phases.get("run") ?? [];
  assertEquals(launches.map(({ copies }) => copies.length), [2, 1]);
});
