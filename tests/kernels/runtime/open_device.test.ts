import { assert, assertEquals } from "@std/assert";
import { DEFAULT_CAPABILITIES } from "../../../kernels/runtime/capabilities.ts";
import { openDevice } from "../../../kernels/runtime/open_device.ts";
import { testDevice } from "../harness.ts";

Deno.test("a device is opened with all that its adapter has", async () => {
  const { capabilities, adapter, device } = await testDevice();
  const defaults = Object.entries(DEFAULT_CAPABILITIES.limits);
  assertEquals(
    Object.keys(capabilities.limits).sort(),
    defaults.map(([name]) => name).sort(),
  );
  for (const [name, value] of defaults) {
    const granted: unknown = Reflect.get(capabilities.limits, name);
    assert(typeof granted === "number");
    if (name === "minStorageBufferOffsetAlignment") {
      assertEquals(granted, value);
    } else {
      assert(granted >= value, name);
      assertEquals(granted, Reflect.get(device.limits, name));
    }
  }
  const found = await navigator.gpu.requestAdapter();
  for (const name of ["timestamp-query", "shader-f16"] as const) {
    assertEquals(capabilities.features.has(name), found?.features.has(name));
  }
  // Deno grants these to devices of adapters that do not list them.
  const subgroups = await found?.requestDevice({
    requiredFeatures: ["subgroups" as GPUFeatureName],
  }).then((granted) => granted.destroy() ?? true, () => false);
  assertEquals(capabilities.features.has("subgroups"), subgroups);
  assert(adapter.name !== "" && !/^\d+$/.test(adapter.name));
});

Deno.test("a device can be opened with WebGPU's default limits", async () => {
  const gpu = await openDevice({ defaultLimits: true });
  assertEquals(gpu.capabilities.limits, DEFAULT_CAPABILITIES.limits);
  gpu.close();
});
