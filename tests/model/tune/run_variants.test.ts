import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { matmul } from "../../../kernels/ops/matmul.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import type { ChooseVariant } from "../../../kernels/plan/plan_options.ts";
import { planProgram } from "../../../kernels/plan/plan_program.ts";
import { prepareRun } from "../../../model/train/prepare_run.ts";
import { variantsOfRun } from "../../../model/tune/run_variants.ts";
import { TuningCache } from "../../../model/tune/tuning_cache.ts";
import { withFolder } from "../../data/with_folder.ts";
import { testDevice } from "../../kernels/harness.ts";
import { tinyConfig, trainTiny, writeText } from "../tiny_run.ts";

/** Runs with a cache folder of its own. */
async function withCache(test: () => Promise<void>): Promise<void> {
  const before = Deno.env.get("MINNOW_CACHE");
  await withFolder(async (folder) => {
    Deno.env.set("MINNOW_CACHE", folder);
    try {
      await test();
    } finally {
      if (before === undefined) Deno.env.delete("MINNOW_CACHE");
      else Deno.env.set("MINNOW_CACHE", before);
    }
  });
}

async function planner(): Promise<(choose: ChooseVariant) => unknown> {
  const { capabilities } = await testDevice();
  const graph = new Graph();
  const a = graph.input("a", [19, 24]);
  const b = graph.input("b", [24, 8]);
  const c = matmul(graph, { a, b }, { layout: "nn" });
  const phases = new Map([["run", graph]]);
  return (choose) =>
    planProgram(phases, capabilities, {
      keep: [c],
      // Where operands are read is a choice on software adapters only.
      choose: (key, candidates, pose) =>
        key === KEY ? choose(key, candidates, pose) : candidates[0],
    });
}

const KEY = "matmul nn 19 8 24";

Deno.test("a long run is tuned, and the next one knows", () =>
  withCache(async () => {
    const gpu = await testDevice();
    const plan = await planner();
    const run = { mode: "quick", budget: 36_000, flops: null, plan } as const;
    const { notices } = await variantsOfRun(gpu, run);
    assertEquals(notices.length, 1);
    assertStringIncludes(notices[0], "Timed the kernels of 1 problems in ");
    const entry = (await (await TuningCache.of(gpu)).read()).get(KEY);
    assert(entry);
    const again = await variantsOfRun(gpu, run);
    assertEquals(again.notices, []);
    const chosen: string[] = [];
    plan((key, candidates, pose) => {
      const variant = again.choose(key, candidates, pose);
      chosen.push(variant.name);
      return variant;
    });
    assertEquals(chosen, [entry.variant]);
  }));

Deno.test("a short run is not tuned, nor one that is told not to be", () =>
  withCache(async () => {
    const gpu = await testDevice();
    const plan = await planner();
    const runs = [
      { mode: "quick", budget: 20, flops: null },
      { mode: "quick", budget: null, flops: 1e6 },
      { mode: "off", budget: 36_000, flops: null },
    ] as const;
    for (const run of runs) {
      const { notices } = await variantsOfRun(gpu, { ...run, plan });
      assertEquals(notices, []);
    }
    assertEquals((await (await TuningCache.of(gpu)).read()).size, 0);
  }));

Deno.test("a resumed run takes the kernels that it began with", () =>
  withFolder(async (folder) => {
    const out = join(folder, "run");
    const config = tinyConfig(await writeText(folder));
    await trainTiny({ config, out });
    const path = join(out, "plan.json");
    const plan = JSON.parse(await Deno.readTextFile(path));
    const key = Object.keys(plan.kernels).find((key) =>
      key.startsWith("attention ")
    );
    assert(key);
    const open = async () => {
      const gpu = await testDevice();
      const run = await prepareRun({ config, out, resume: true, gpu });
      const { variants } = run.session;
      run.close();
      return { variants, notices: run.notices.join("\n") };
    };
    assertEquals(Object.fromEntries((await open()).variants), plan.kernels);
    // Any other variant, as if tuning had chosen it.
    const chosen = plan.kernels[key].startsWith("texels")
      ? plan.kernels[key].replace("texels", "registers")
      : undefined;
    if (chosen !== undefined) {
      plan.kernels[key] = chosen;
      await Deno.writeTextFile(path, JSON.stringify(plan));
      assertEquals((await open()).variants.get(key), chosen);
    }
    await Deno.remove(path);
    assertStringIncludes((await open()).notices, "does not say which kernels");
  }));
