import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { add } from "../../../kernels/ops/add.ts";
import { matmul } from "../../../kernels/ops/matmul.ts";
import type { OpSpec } from "../../../kernels/ops/op_spec.ts";
import { Executable } from "../../../kernels/plan/executable.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { planProgram } from "../../../kernels/plan/plan_program.ts";
import { DeviceError } from "../../../kernels/runtime/device_error.ts";
import { runGraph, testDevice } from "../harness.ts";

/** An op that is one kernel given as text. */
const kernelOp = (
  body: string,
  workgroups: [number, number, number] = [1, 1, 1],
): OpSpec<Record<never, never>> => ({
  name: "custom",
  infer: ({ x }) => ({ y: x }),
  lower: ({ node, dispatch }) =>
    dispatch({
      kernel: {
        name: "custom_kernel",
        bindings: [
          { name: "y", element: "f32", access: "write" },
          { name: "x", element: "f32", access: "read" },
        ],
        body,
      },
      bindings: [{ tensor: node.outputs.y }, { tensor: node.inputs.x }],
      workgroups,
    }),
  flops: () => 0,
});

const COPY =
  "@compute @workgroup_size(1) fn main() { y[0] = x[0]; y[1] = x[1]; }";

async function compileOp(op: OpSpec<Record<never, never>>) {
  const gpu = await testDevice();
  const graph = new Graph();
  const x = graph.input("x", [2]);
  const { y } = graph.scope("h.7", () => graph.emit(op, { x }, {}));
  const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
    keep: [y],
    readbackBytes: 256,
  });
  return { gpu, x, y, plan, program: await Executable.compile(gpu, plan) };
}

Deno.test("an operand may be bound twice beside results", async () => {
  const { square } = await runGraph((graph) => {
    const x = graph.input("x", [4, 4]);
    const twice = add(graph, x, x);
    return { square: matmul(graph, { a: twice, b: twice }, { layout: "nt" }) };
  }, { x: Array.from({ length: 16 }, (_, i) => i % 4 === i >> 2 ? 1 : 0) });
  assertEquals([...square], [4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4]);
});

Deno.test("a compiled program takes exactly the bytes of its plan", async () => {
  const gpu = await testDevice();
  const before = gpu.allocatedBytes;
  const { program, plan } = await compileOp(kernelOp(COPY));
  assertEquals(gpu.allocatedBytes - before, plan.peakBytes);
  program.destroy();
  assertEquals(gpu.allocatedBytes, before);
});

Deno.test("running makes no buffers and no pipelines", async () => {
  const { gpu, program, x, y } = await compileOp(kernelOp(COPY));
  const buffers = gpu.buffersCreated;
  const pipelines = gpu.pipelinesCreated;
  for (let run = 0; run < 5; run++) {
    program.write(x, Float32Array.of(run, -run));
    program.submit(["run"]);
    assertEquals([...await program.read(y)], [run, -run]);
  }
  assertEquals(gpu.buffersCreated, buffers);
  assertEquals(gpu.pipelinesCreated, pipelines);
  program.destroy();
});

Deno.test("a kernel that does not compile is named", async () => {
  const gpu = await testDevice();
  const before = gpu.allocatedBytes;
  const error = await assertRejects(
    () => compileOp(kernelOp("@compute fn main() { nonsense }")),
    DeviceError,
    'Cannot compile kernel "h.7.custom (custom_kernel)"',
  );
  assertEquals(error.kind, "validation");
  assertEquals(gpu.allocatedBytes, before);
});

Deno.test("a launch that the device refuses is named with its phase", async () => {
  const { maxComputeWorkgroupsPerDimension } =
    (await testDevice()).capabilities.limits;
  await assertRejects(
    () =>
      compileOp(
        kernelOp(COPY, [maxComputeWorkgroupsPerDimension + 1, 1, 1]),
      ),
    DeviceError,
    'The device refuses h.7.custom (custom_kernel) of phase "run"',
  );
});

Deno.test("memory that the device lacks is an error that names the buffer", async () => {
  const gpu = await testDevice();
  const before = gpu.allocatedBytes;
  const error = await assertRejects(
    () =>
      gpu.createBuffers([
        { label: "small", bytes: 1024, usage: GPUBufferUsage.STORAGE },
        {
          label: "giant",
          bytes: 2 ** 45,
          usage: GPUBufferUsage.STORAGE,
        },
      ]),
    DeviceError,
    'bytes for "giant"',
  );
  assertEquals(["out-of-memory", "validation"].includes(error.kind), true);
  assertEquals(gpu.allocatedBytes, before);
});

Deno.test("results come through the ring in order and late", async () => {
  const gpu = await testDevice();
  const graph = new Graph();
  const x = graph.input("x", [1]);
  const y = add(graph, x, x);
  const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
    keep: [y],
    ringSlots: 2,
    ringBytes: 4,
    readbackBytes: 256,
  });
  const program = await Executable.compile<string>(gpu, plan);
  for (const value of [1, 2]) {
    program.write(x, Float32Array.of(value));
    program.submit(["run"], { tensor: y, tag: `run ${value}` });
  }
  assertEquals(program.ring.full, true);
  assertThrows(
    () => program.submit(["run"], { tensor: y, tag: "too many" }),
    DeviceError,
    "readback slots are in use",
  );
  const first = await program.ring.take();
  const second = await program.ring.take();
  assertEquals([first?.tag, first?.data[0]], ["run 1", 2]);
  assertEquals([second?.tag, second?.data[0]], ["run 2", 4]);
  assertEquals(await program.ring.take(), undefined);
  program.destroy();
});

Deno.test("writing past a tensor is refused", async () => {
  const { program, x } = await compileOp(kernelOp(COPY));
  assertThrows(
    () => program.write(x, new Float32Array(3)),
    RangeError,
    'Cannot write 3 values at element 0 of "x" [2]',
  );
  program.destroy();
});
