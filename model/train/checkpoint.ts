import { join } from "@std/path";
import { withAtomicDirectory, writeAtomic } from "../../data/atomic_write.ts";
import { InputError } from "../../data/input_error.ts";
import type { Tokenizer } from "../../data/tokenize/tokenizer.ts";
import type { Executable } from "../../kernels/plan/executable.ts";
import { writeSafetensors } from "../io/safetensors_writer.ts";
import { openSafetensors } from "../io/safetensors_reader.ts";
import { openCheckpointTensors } from "../io/checkpoint_tensors.ts";
import type { LanguageModel } from "../language_model.ts";
import { loadWeights } from "../load_weights.ts";
import { huggingFaceConfig } from "../model_config.ts";
import type { ParameterKind } from "../parameter_pack.ts";
import { parseTrainingState, type TrainingState } from "./training_state.ts";

/** A checkpoint's folder, known by its step. */
export interface CheckpointFolder {
  /** Path of the folder. */
  readonly path: string;
  /** Step at which it was taken. */
  readonly step: number;
}

/** Names of the moments in `optimizer.safetensors`, as PyTorch calls them. */
const MOMENTS: readonly (readonly [ParameterKind, string])[] = [
  ["firstMoment", ".exp_avg"],
  ["secondMoment", ".exp_avg_sq"],
  ["momentum", ".momentum_buffer"],
];

/**
 * Suffix of the weights that training goes on from, in `optimizer.safetensors`,
 * where the model is their average.
 */
const RAW = ".raw";

/**
 * Writes a checkpoint: `model.safetensors`, `config.json` and the tokenizer as
 * Transformers loads them, `optimizer.safetensors` and `state.json` to go on
 * from. Tensors are streamed from the device one after the other; the folder
 * appears whole or not at all. Where an average of the weights is kept, it must
 * stand in their place: it is the model.
 *
 * @param run Folder of the run.
 * @returns The checkpoint's folder.
 */
export async function writeCheckpoint(
  run: string,
  model: LanguageModel,
  executable: Executable<number>,
  tokenizer: Tokenizer,
  state: TrainingState,
): Promise<string> {
  const path = join(run, "checkpoints", `step-${state.step}`);
  const tensorsOf = (kind: ParameterKind, suffix: string) =>
    [...model.parameters.partTensors(kind)].map(({ part, tensor }) => ({
      name: part.name + suffix,
      shape: part.shape,
      chunks: () => executable.chunks(tensor),
    }));
  await withAtomicDirectory(path, async (folder) => {
    await writeSafetensors(
      join(folder, "model.safetensors"),
      tensorsOf("weight", ""),
    );
    await writeSafetensors(
      join(folder, "optimizer.safetensors"),
      [...MOMENTS, ["average", RAW] as const]
        .flatMap(([kind, suffix]) => tensorsOf(kind, suffix)),
    );
    await Deno.writeTextFile(
      join(folder, "config.json"),
      JSON.stringify(huggingFaceConfig(model.config), null, 2) + "\n",
    );
    for (const [name, text] of tokenizer.files()) {
      await Deno.writeTextFile(join(folder, name), text);
    }
    await Deno.writeTextFile(
      join(folder, "state.json"),
      JSON.stringify({ version: 1, ...state }, null, 2) + "\n",
    );
  });
  return path;
}

/**
 * Reads how far a checkpoint's run had come.
 *
 * @throws {InputError} if `state.json` is missing or damaged.
 */
export async function readTrainingState(path: string): Promise<TrainingState> {
  const statePath = join(path, "state.json");
  return parseTrainingState(await readText(statePath), statePath);
}

/**
 * Loads a checkpoint's weights and moments into a program.
 *
 * @throws {InputError} if something is missing, truncated, or of another shape.
 */
export async function restoreCheckpoint(
  path: string,
  model: LanguageModel,
  executable: Executable<number>,
): Promise<void> {
  const { parameters } = model;
  using files = new DisposableStack();
  const weights = files.adopt(
    await openCheckpointTensors(path),
    (file) => file.close(),
  );
  const moments = files.adopt(
    await openSafetensors(join(path, "optimizer.safetensors")),
    (file) => file.close(),
  );
  // Averaging may begin or end where a run is resumed.
  const wasAveraged = [...moments.names].some((name) => name.endsWith(RAW));
  await loadWeights(executable, parameters, weights, "average");
  if (wasAveraged) {
    await loadWeights(executable, parameters, moments, "weight", RAW);
  } else {
    await loadWeights(executable, parameters, weights);
  }
  for (const [kind, suffix] of MOMENTS) {
    await loadWeights(executable, parameters, moments, kind, suffix);
  }
}

/**
 * The checkpoints of a run by rising step.
 *
 * @example
 * ```ts
 * import { listCheckpoints } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const run = await Deno.makeTempDir();
 * assertEquals(await listCheckpoints(run), []);
 * for (const step of [1000, 500]) {
 *   await Deno.mkdir(`${run}/checkpoints/step-${step}`, { recursive: true });
 * }
 * const checkpoints = await listCheckpoints(run);
 * assertEquals(checkpoints.map(({ step }) => step), [500, 1000]);
 * await Deno.remove(run, { recursive: true });
 * ```
 */
export async function listCheckpoints(
  run: string,
): Promise<CheckpointFolder[]> {
  const folder = join(run, "checkpoints");
  const found: CheckpointFolder[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      const step = /^step-(\d+)$/.exec(entry.name)?.[1];
      if (step === undefined || !entry.isDirectory) continue;
      found.push({ path: join(folder, entry.name), step: Number(step) });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort((a, b) => a.step - b.step);
}

/**
 * Removes checkpoints that are neither among the latest nor the best, and notes
 * which one is the best.
 *
 * @param run Folder of the run.
 * @param keep Latest checkpoints to keep.
 * @param best The best checkpoint's step and loss, where one is to be kept.
 */
export async function pruneCheckpoints(
  run: string,
  keep: number,
  best: TrainingState["best"],
): Promise<void> {
  if (best) {
    await writeAtomic(
      join(run, "checkpoints", "best.json"),
      JSON.stringify(best) + "\n",
    );
  }
  const all = await listCheckpoints(run);
  const old = all.slice(0, Math.max(0, all.length - keep));
  for (const { path, step } of old) {
    if (step !== best?.step) await Deno.remove(path, { recursive: true });
  }
}

/**
 * Removes checkpoints that are later than a step.
 *
 * @param run Folder that holds them.
 * @param step The last step to keep.
 */
export async function removeLaterCheckpoints(
  run: string,
  step: number,
): Promise<void> {
  for (const checkpoint of await listCheckpoints(run)) {
    if (checkpoint.step <= step) continue;
    await Deno.remove(checkpoint.path, { recursive: true });
  }
}

/**
 * Removes what a process that was killed while it wrote a checkpoint has left.
 * Only for the holder of the run's lock: nobody else may be writing.
 *
 * @param run Folder of the run.
 */
export async function removePartialCheckpoints(run: string): Promise<void> {
  const folder = join(run, "checkpoints");
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (!/^\.step-\d+\..*\.partial(\.replaced)?$/.test(name)) continue;
      await Deno.remove(join(folder, name), { recursive: true });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new InputError(
      `Cannot resume: '${path}' cannot be read; name a run whose checkpoint is complete`,
      { cause: error },
    );
  }
}
