import { assert, assertEquals, assertThrows } from "@std/assert";
import { add } from "../../../kernels/ops/add.ts";
import { matmul } from "../../../kernels/ops/matmul.ts";
import type { KernelSource } from "../../../kernels/ops/kernel_source.ts";
import type { OpSpec } from "../../../kernels/ops/op_spec.ts";
import { createTensor, type Tensor } from "../../../kernels/ops/tensor.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { planProgram } from "../../../kernels/plan/plan_program.ts";
import {
  type Capabilities,
  DEFAULT_CAPABILITIES,
} from "../../../kernels/runtime/capabilities.ts";

const chain = (graph: Graph, x: Tensor, length: number): Tensor =>
  length === 0 ? x : chain(graph, add(graph, x, x), length - 1);

const planOf = (
  graph: Graph,
  keep: Tensor[],
  capabilities: Capabilities = DEFAULT_CAPABILITIES,
) =>
  planProgram(new Map([["run", graph]]), capabilities, {
    keep,
    readbackBytes: 256,
  });

Deno.test("a chain of temporaries takes the memory of two", () => {
  const graph = new Graph();
  const last = chain(graph, graph.input("x", [1024]), 10);
  const plan = planOf(graph, [last]);
  assertEquals(plan.bytes.activations, 2 * 4096);
  assertEquals(plan.bytes.inputs, 4096);
  assertEquals(plan.phases.get("run")?.length, 10);
});

Deno.test("what nobody reads is not computed", () => {
  const graph = new Graph();
  const x = graph.input("x", [1024]);
  chain(graph, x, 5);
  const plan = planOf(graph, [add(graph, x, x)]);
  assertEquals(plan.phases.get("run")?.length, 1);
});

Deno.test("phases share the memory of their temporaries", () => {
  const phase = () => {
    const graph = new Graph();
    return { graph, last: chain(graph, graph.input("x", [1024]), 3) };
  };
  const [first, second] = [phase(), phase()];
  const plan = planProgram(
    new Map([["first", first.graph], ["second", second.graph]]),
    DEFAULT_CAPABILITIES,
    { keep: [first.last, second.last], readbackBytes: 256 },
  );
  assertEquals(plan.bytes.activations, 2 * 4096);
});

Deno.test("the same program gives the same plan", () => {
  const build = () => {
    const graph = new Graph();
    const plan = planOf(graph, [chain(graph, graph.input("x", [333]), 7)]);
    return JSON.stringify([plan.buffers, [...plan.phases]]);
  };
  assertEquals(build(), build());
});

Deno.test("peak bytes are the sum of the buffers", () => {
  const graph = new Graph();
  const plan = planOf(graph, [chain(graph, graph.input("x", [77]), 4)]);
  const sum = plan.buffers.reduce((total, { bytes }) => total + bytes, 0);
  assertEquals(plan.peakBytes, sum);
  assertEquals(
    Object.values(plan.bytes).reduce((total, bytes) => total + bytes, 0),
    sum,
  );
});

Deno.test("temporaries beyond the largest buffer go to another", () => {
  const graph = new Graph();
  const x = graph.input("x", [1024]);
  const parts = Array.from({ length: 6 }, () => add(graph, x, x));
  const plan = planOf(graph, parts, {
    ...DEFAULT_CAPABILITIES,
    limits: { ...DEFAULT_CAPABILITIES.limits, maxBufferSize: 10_000 },
  });
  const slabs = plan.buffers.filter(({ category }) =>
    category === "activations"
  );
  assertEquals(slabs.map(({ bytes }) => bytes), [8192, 8192, 8192]);
});

Deno.test("a tensor larger than the largest buffer is refused by name", () => {
  const graph = new Graph();
  const x = graph.input("giant", [4096]);
  const limits = { ...DEFAULT_CAPABILITIES.limits, maxBufferSize: 8192 };
  assertThrows(
    () =>
      planOf(graph, [add(graph, x, x)], { ...DEFAULT_CAPABILITIES, limits }),
    RangeError,
    'Cannot hold "giant" of 16384 bytes',
  );
});

/** An op that overwrites its operand and binds what it is told to. */
const overwrite = (bindTwice: boolean): OpSpec<Record<never, never>> => ({
  name: "overwrite",
  infer: ({ x }) => ({ y: { ...x, overwrites: "x" } }),
  lower({ node, dispatch }) {
    const kernel: KernelSource = {
      name: "overwrite",
      bindings: [
        { name: "y", element: "f32", access: "write" },
        ...(bindTwice
          ? [{ name: "x", element: "f32", access: "read" } as const]
          : []),
      ],
      body: "",
    };
    dispatch({
      kernel,
      bindings: [
        { tensor: node.outputs.y },
        ...(bindTwice ? [{ tensor: node.inputs.x }] : []),
      ],
      workgroups: [1, 1, 1],
    });
  },
  flops: () => 0,
});

Deno.test("reading a value that was overwritten is refused", () => {
  const graph = new Graph();
  const x = graph.input("x", [64]);
  const a = add(graph, x, x);
  graph.scope("rude", () => graph.emit(overwrite(false), { x: a }, {}));
  const late = graph.scope("late", () => add(graph, a, x));
  assertThrows(
    () => planOf(graph, [late, a]),
    Error,
    "Cannot plan late.add: it reads",
  );
});

Deno.test("a launch that writes what it also binds is refused", () => {
  const graph = new Graph();
  const x = graph.variable("x", [64], "state");
  graph.emit(overwrite(true), { x }, {});
  assertThrows(
    () => planOf(graph, []),
    RangeError,
    "where it also binds",
  );
});

Deno.test("what a launch reads through two bindings shares no buffer with its results", () => {
  const graph = new Graph();
  const x = graph.input("x", [64, 64]);
  const once = add(graph, x, x);
  const square = matmul(graph, { a: once, b: once }, { layout: "nt" });
  const last = matmul(graph, { a: square, b: square }, { layout: "nn" });
  const plan = planOf(graph, [add(graph, last, once)]);
  for (const { op, bindings } of plan.phases.get("run") ?? []) {
    if (op !== "matmul") continue;
    const [result, a, b] = bindings;
    assertEquals([a.buffer, a.offset], [b.buffer, b.offset]);
    assert(a.buffer !== result.buffer);
    assertEquals([a.access, b.access], ["read", "read"]);
  }
});

Deno.test("a launch that reads a place twice in the buffer it writes is refused", () => {
  const graph = new Graph();
  const pack = graph.variable("pack", [192], "state");
  const part = (offset: number) =>
    createTensor({
      name: `part ${offset}`,
      shape: [64],
      dtype: "f32",
      role: "state",
      view: { base: pack, offset },
    });
  const [x, y] = [part(0), part(128)];
  const spec: OpSpec<Record<never, never>> = {
    name: "twice",
    infer: ({ x }) => ({ z: x }),
    lower: ({ dispatch }) =>
      dispatch({
        kernel: {
          name: "twice",
          bindings: [
            { name: "y", element: "f32", access: "write" },
            { name: "a", element: "f32", access: "read" },
            { name: "b", element: "f32", access: "read" },
          ],
          body: "",
        },
        bindings: [{ tensor: y }, { tensor: x }, { tensor: x }],
        workgroups: [1, 1, 1],
      }),
    flops: () => 0,
  };
  const { z } = graph.emit(spec, { x }, {});
  assertThrows(() => planOf(graph, [z]), RangeError, "beside");
});

Deno.test("a binding that is not aligned is refused", () => {
  const graph = new Graph();
  const base = graph.input("base", [128]);
  const odd = createTensor({
    name: "odd",
    shape: [64],
    dtype: "f32",
    role: "input",
    view: { base, offset: 1 },
  });
  assertThrows(
    () => planOf(graph, [add(graph, odd, odd)]),
    RangeError,
    "not a multiple of 256",
  );
});

Deno.test("buffers that are written are bound read_write, others read", () => {
  const graph = new Graph();
  const x = graph.input("x", [64]);
  const y = graph.input("y", [64]);
  const plan = planOf(graph, [add(graph, add(graph, x, y), x)]);
  const [first, second] = plan.phases.get("run") ?? [];
  const modes = (bindings: readonly { access: string }[]) =>
    bindings.map(({ access }) => access).join();
  assertEquals(modes(first.bindings), "read_write,read,read");
  assert(modes(second.bindings).startsWith("read_write"));
});
