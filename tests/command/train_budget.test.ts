import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { parseRunConfig } from "../../model/train/parse_run_config.ts";
import { withFolder } from "../data/with_folder.ts";
import { minnow } from "../minnow.ts";

/** Twenty-two letters a time, enough of them to plan for. */
async function writeLongText(folder: string): Promise<string> {
  const path = join(folder, "long.txt");
  await Deno.writeTextFile(path, "Twenty-two bytes long.".repeat(20_000));
  return path;
}

Deno.test("train chooses the model of a run that names a time and none", () =>
  withFolder(async (folder) => {
    const out = join(folder, "run");
    const seconds = 24;
    const yaml = join(folder, "run.yaml");
    await Deno.writeTextFile(
      yaml,
      "train: { context: 64, batch: 8, tune: off }\nsample: { prompts: [] }\n" +
        "evaluate: { every: 0 }",
    );
    const began = performance.now();
    const { code, stdout, stderr } = await minnow([
      "train",
      yaml,
      "--data",
      await writeLongText(folder),
      "--budget",
      `${seconds}s`,
      "--memory",
      "1GB",
      "--law",
      "hoffmann",
      "--out",
      out,
    ], { env: { MINNOW_CACHE: join(folder, "cache") } });
    const taken = (performance.now() - began) / 1000;
    assertEquals(code, 0, stderr);
    assertMatch(stderr, /Timing steps of [\d.]+k parameters …\n/);
    // How small depends on how busy the machine is.
    const [, size] = />\s+([\d.]+k) +2 +\d+ /.exec(stdout) ?? [];
    assert(size !== undefined, stdout);
    assertMatch(stdout, /Choice: .* × 8 × 64, learning rate/);
    assert(stdout.includes(`Choice: ${size} parameters, `), stdout);
    // Not a matter of precision here: the machine may be busy with others.
    assert(taken < 1.5 * seconds, `${taken}`);

    const config = parseRunConfig(
      await Deno.readTextFile(join(out, "run.yaml")),
      "run.yaml",
    );
    assertEquals([config.train.context, config.train.batch], [64, 8]);
    assertEquals(config.memory.limit, 1e9);
    assertEquals(config.train.budget, seconds);
    assertEquals(config.evaluate.every, 0);
    assertEquals(config.schedule.kind, "wsd");
    assertEquals(config.model.preset, null);
    const plan = JSON.parse(await Deno.readTextFile(join(out, "plan.json")));
    assertEquals(plan.candidates.length > 1, true);
    assertEquals(plan.steps, config.train.steps);
    assertEquals(plan.seconds, seconds);
    assert(plan.kernels && plan.buffers && plan.law.name === "hoffmann");
  }));

Deno.test("a law without a model to choose is refused", () =>
  withFolder(async (folder) => {
    const text = await writeLongText(folder);
    for (
      const settled of [
        ["--steps", "5"],
        ["--config", "model.hidden_size=64"],
      ]
    ) {
      const { code, stderr } = await minnow([
        "train",
        ...["--data", text, "--law", "hoffmann", "--out", join(folder, "run")],
        ...settled,
      ]);
      assertEquals(code, 2);
      assertMatch(stderr, /Cannot use --law hoffmann: .*name neither model/);
    }
  }));
