import { join } from "@std/path";
import { InputError } from "../../data/input_error.ts";
import { listCheckpoints } from "./checkpoint.ts";

/**
 * The checkpoint of a run that is worth using: the one with the lowest
 * validation loss where that is known and still there, else the latest.
 *
 * @param run Folder of the run.
 * @returns The checkpoint's folder.
 * @throws {InputError} if the run has no checkpoint.
 */
export async function latestCheckpoint(run: string): Promise<string> {
  const all = await listCheckpoints(run);
  const latest = all.at(-1);
  if (latest === undefined) {
    throw new InputError(
      `Cannot find a model in '${run}': there is neither config.json nor ` +
        `checkpoints/step-N`,
    );
  }
  const best = await bestStep(run);
  return (all.find(({ step }) => step === best) ?? latest).path;
}

/** The step that the run noted as its best; undefined where it did not. */
async function bestStep(run: string): Promise<number | undefined> {
  try {
    const json: unknown = JSON.parse(
      await Deno.readTextFile(join(run, "checkpoints", "best.json")),
    );
    const step: unknown = Object(json).step;
    return typeof step === "number" ? step : undefined;
  } catch {
    // A note that is missing or damaged is no reason to refuse the model.
    return undefined;
  }
}
