import {
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { DeviceError } from "../../../kernels/runtime/device_error.ts";
import { openDevice } from "../../../kernels/runtime/open_device.ts";
import { testDevice } from "../harness.ts";

const USAGE = GPUBufferUsage.STORAGE;

Deno.test("buffers are counted, and created all or none", async () => {
  const gpu = await testDevice();
  const { allocatedBytes, buffersCreated } = gpu;
  const buffers = await gpu.createBuffers([
    { label: "a", bytes: 1024, usage: USAGE },
    { label: "b", bytes: 256, usage: USAGE },
  ]);
  assertEquals(gpu.allocatedBytes - allocatedBytes, 1280);
  assertEquals(gpu.buffersCreated - buffersCreated, 2);
  buffers.forEach((buffer) => gpu.destroyBuffer(buffer));
  assertEquals(gpu.allocatedBytes, allocatedBytes);

  const bytes = gpu.capabilities.limits.maxBufferSize + 4;
  const error = await assertRejects(
    () =>
      gpu.createBuffers([
        { label: "small", bytes: 1024, usage: USAGE },
        { label: "far too large", bytes, usage: USAGE },
      ]),
    DeviceError,
  );
  assertMatch(error.message, new RegExp(`${bytes} bytes.*"far too large"`));
  assertEquals(gpu.allocatedBytes, allocatedBytes);
  gpu.check();
});

Deno.test("a kernel is compiled once, and a wrong one is named", async () => {
  const gpu = await testDevice();
  const code = `
    @group(0) @binding(0) var<storage, read_write> counted_once: array<f32>;
    @compute @workgroup_size(1) fn main() { counted_once[0] = 1.0; }`;
  const before = gpu.pipelinesCreated;
  const first = await gpu.pipeline("first", code, ["read_write"]);
  assertEquals(await gpu.pipeline("second", code, ["read_write"]), first);
  assertEquals(gpu.pipelinesCreated, before + 1);
  const error = await assertRejects(
    () => gpu.pipeline("crooked", "fn main( {", []),
    DeviceError,
  );
  assertMatch(error.message, /^Cannot compile kernel "crooked": [^\n]+$/);
  assertEquals(error.kind, "validation");
  gpu.check();
});

Deno.test("a lost device ends every wait, once and for all", async () => {
  const gpu = await openDevice();
  const never = new Promise<never>(() => {});
  const waiting = gpu.wait(never).catch((error: unknown) => error);
  gpu.device.destroy();
  const error = await waiting;
  assertInstanceOf(error, DeviceError);
  assertEquals([error.kind, error.exitCode], ["lost", 1]);
  assertMatch(error.message, /was lost .* start again with --resume/);
  assertEquals(assertThrows(() => gpu.check()), error);
  const later = gpu.createBuffers([{ label: "a", bytes: 4, usage: USAGE }]);
  assertEquals(await later.catch((reason: unknown) => reason), error);
  gpu.close();
});

Deno.test("closing a device is no loss", async () => {
  const gpu = await openDevice();
  await gpu.createBuffers([{ label: "a", bytes: 1024, usage: USAGE }]);
  gpu.close();
  await gpu.device.lost;
  gpu.check();
  assertEquals(gpu.allocatedBytes, 0);
});
