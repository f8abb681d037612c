import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { DEFAULT_CAPABILITIES } from "../../../kernels/runtime/capabilities.ts";
import { RateCache } from "../../../model/budget/rate_cache.ts";
import { withFolder } from "../../data/with_folder.ts";

const DEVICE = {
  adapter: { name: "Some GPU (1)", driver: "one" },
  capabilities: DEFAULT_CAPABILITIES,
};
const RATE = {
  flopsPerToken: 1e6,
  flopsPerSecond: 2e12,
  bytesPerSecond: 3e11,
  updateTokens: 0,
};

/** Path of the only file. */
async function fileIn(folder: string): Promise<string> {
  const rates = join(folder, "rates");
  const [{ name }] = await Array.fromAsync(Deno.readDir(rates));
  return join(rates, name);
}

Deno.test("rates are kept and added to", () =>
  withFolder(async (folder) => {
    const cache = await RateCache.of(DEVICE, folder);
    assertEquals(await cache.read(), new Map());
    await cache.add("a", RATE);
    await cache.add("b", RATE);
    assertEquals(
      await (await RateCache.of(DEVICE, folder)).read(),
      new Map([["a", RATE], ["b", RATE]]),
    );
  }));

Deno.test("another driver has rates of its own", () =>
  withFolder(async (folder) => {
    await (await RateCache.of(DEVICE, folder)).add("a", RATE);
    const other = { ...DEVICE, adapter: { ...DEVICE.adapter, driver: "two" } };
    assertEquals(await (await RateCache.of(other, folder)).read(), new Map());
  }));

Deno.test("damaged rates are measured again", () =>
  withFolder(async (folder) => {
    const cache = await RateCache.of(DEVICE, folder);
    await cache.add("a", RATE);
    const path = await fileIn(folder);
    const written = JSON.parse(await Deno.readTextFile(path));
    const holding = (rates: unknown) => JSON.stringify({ ...written, rates });
    await Deno.writeTextFile(path, holding({ b: RATE }));
    assertEquals(await cache.read(), new Map([["b", RATE]]));
    for (
      const text of [
        "{",
        "null",
        JSON.stringify({ ...written, version: 0 }),
        holding(7),
        holding({ a: null }),
        holding({ a: { ...RATE, flopsPerToken: -1 } }),
        holding({ a: { ...RATE, bytesPerSecond: 0 } }),
        holding({ a: { ...RATE, updateTokens: -1 } }),
      ]
    ) {
      await Deno.writeTextFile(path, text);
      assertEquals(await cache.read(), new Map(), text);
    }
  }));

Deno.test("a folder that cannot be written does not end a plan", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "rates"), "in the way");
    await (await RateCache.of(DEVICE, folder)).add("a", RATE);
    assertEquals(await (await RateCache.of(DEVICE, folder)).read(), new Map());
  }));
