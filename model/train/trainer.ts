import type { TrainEvent } from "./events.ts";
import { prepareRun, type RunOptions } from "./prepare_run.ts";
import { Training } from "./training.ts";

/**
 * Trains a model as its configuration says and reports what happens. The run's
 * folder gets `run.yaml`, `plan.json`, `metrics.csv`, `samples.md` and
 * checkpoints. Aborting the signal ends the run after the step under way, with
 * a checkpoint to resume from.
 *
 * @param options What to train, where, and on which device.
 * @returns Events in the order in which they happen; the last one is
 * `finished`.
 * @throws {InputError} if configuration, data or checkpoint cannot be used.
 * @throws {DeviceError} if there is no device, or it fails.
 *
 * @example
 * ```ts
 * import { parseRunConfig, train } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const path = `${folder}/text.txt`;
 * await Deno.writeTextFile(path, "The cat sat on the mat.\n".repeat(50));
 * const { data, ...config } = parseRunConfig(
 *   `
 * model:
 *   family: llama
 *   hidden_size: 4
 *   num_hidden_layers: 1
 *   num_attention_heads: 1
 * train: { steps: 2, budget: null, context: 8, batch: 1 }
 * sample: { prompts: [] }`,
 *   "run.yaml",
 * );
 * const seen = [];
 * for await (
 *   const event of train({
 *     config: { ...config, data: { ...data, paths: [path] } },
 *     out: `${folder}/run`,
 *   })
 * ) seen.push(event.type);
 * assertEquals(seen.filter((type) => type === "step").length, 2);
 * assertEquals(seen.at(-1), "finished");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function* train(
  options: RunOptions,
): AsyncGenerator<TrainEvent, void, void> {
  const run = await prepareRun(options);
  try {
    yield* new Training(run, options).events();
  } finally {
    run.close();
  }
}
