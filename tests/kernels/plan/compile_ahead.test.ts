import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { withFolder } from "../../data/with_folder.ts";

interface Outcome {
  readonly name: string;
  readonly asked: number;
  readonly sums: readonly number[];
}

/** Runs the program in a process of its own, with a driver's cache. */
async function launch(cache: string): Promise<Outcome> {
  const script = fromFileUrl(import.meta.resolve("./first_launch.ts"));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", script],
    env: { MESA_SHADER_CACHE_DIR: cache },
  }).output();
  const text = new TextDecoder();
  assert(success, text.decode(stderr));
  return JSON.parse(text.decode(stdout));
}

Deno.test("a program's kernels are compiled by several devices, and once", () =>
  withFolder(async (cache) => {
    const sums = [5, 6, 7, 8, 9, 10, 11, 12].map((size) => size ** 3);
    const cold = await launch(cache);
    assertEquals(cold.sums, sums);
    const warm = await launch(cache);
    assertEquals(warm.sums, sums);
    assertEquals(warm.asked, 1);
    const helped = /llvmpipe/i.test(cold.name) &&
      navigator.hardwareConcurrency > 1;
    assertEquals(cold.asked > 1, helped);
  }));
