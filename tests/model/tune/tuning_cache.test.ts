import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { TuningEntry } from "../../../kernels/tune/tuning_table.ts";
import { DEFAULT_CAPABILITIES } from "../../../kernels/runtime/capabilities.ts";
import { TuningCache } from "../../../model/tune/tuning_cache.ts";

const DEVICE = {
  adapter: { name: "Some GPU (1)", driver: "one" },
  capabilities: DEFAULT_CAPABILITIES,
};

const ENTRY: TuningEntry = {
  variant: "a",
  kernel: "00",
  flops: 1,
  date: "2025-01-31",
  timings: [],
};

async function inFolder(
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a cache adds to what is in its file", () =>
  inFolder(async (folder) => {
    const cache = await TuningCache.of(DEVICE, folder);
    assertEquals(await cache.read(), new Map());
    await cache.add(new Map([["p", ENTRY]]));
    await cache.add(new Map([["q", ENTRY]]));
    assertEquals(await cache.read(), new Map([["p", ENTRY], ["q", ENTRY]]));
  }));

Deno.test("another driver, limit or feature has another file", () =>
  inFolder(async (folder) => {
    const { adapter, capabilities } = DEVICE;
    const paths = await Promise.all(
      [
        DEVICE,
        { ...DEVICE, adapter: { ...adapter, driver: "two" } },
        {
          ...DEVICE,
          capabilities: { ...capabilities, features: new Set(["subgroups"]) },
        },
        {
          ...DEVICE,
          capabilities: {
            ...capabilities,
            limits: {
              ...capabilities.limits,
              maxComputeWorkgroupStorageSize: 32768,
            },
          },
        },
      ].map(async (device) => (await TuningCache.of(device, folder)).path),
    );
    assertEquals(new Set(paths).size, 4);
    assertStringIncludes(paths[0] ?? "", join("kernels", "some-gpu-1-"));
  }));

Deno.test("a damaged cache is a warning, and is written anew", () =>
  inFolder(async (folder) => {
    const cache = await TuningCache.of(DEVICE, folder);
    await cache.add(new Map([["p", ENTRY]]));
    assert(cache.path);
    await Deno.writeTextFile(cache.path, '{"version": 1, "problems": {"p":');
    const warnings: string[] = [];
    const table = await cache.read((message) => warnings.push(message));
    assertEquals(table.size, 0);
    assertEquals(warnings.length, 1);
    assertStringIncludes(warnings[0], "is damaged");
    await cache.add(new Map([["q", ENTRY]]));
    assertEquals(await cache.read(), new Map([["q", ENTRY]]));
  }));

Deno.test("a cache that cannot be written is a warning", () =>
  inFolder(async (folder) => {
    const blocked = join(folder, "file");
    await Deno.writeTextFile(blocked, "");
    const cache = await TuningCache.of(DEVICE, blocked);
    const warnings: string[] = [];
    await cache.add(new Map([["p", ENTRY]]), (text) => warnings.push(text));
    assertEquals(warnings.length, 1);
    assertStringIncludes(warnings[0], "Cannot keep timings");
  }));
