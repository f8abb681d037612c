import type { ChooseVariant } from "../../kernels/plan/plan_options.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import { runDefaults } from "../support/run_defaults.ts";
import { TrainingSession } from "../../model/train/training_session.ts";
import { type BenchSize, configOf } from "../support/sizes.ts";

/**
 * Opens a session that trains a configuration as a run with default settings
 * would, with fresh weights.
 *
 * @param gpu Device to train on.
 * @param size The configuration.
 * @param profile Whether launches are timed.
 * @param choose Picks kernel variants; the heuristic's choice where absent.
 * @returns The session.
 */
export async function openSession(
  gpu: Gpu,
  size: BenchSize,
  profile: boolean = false,
  choose?: ChooseVariant,
): Promise<TrainingSession> {
  const { optimizer, memory } = runDefaults();
  const session = await TrainingSession.open(gpu, {
    config: configOf(size),
    shape: { ...size, accumulates: false },
    optimizer,
    memory,
    samples: false,
    profile,
    ...(choose ? { choose } : {}),
  });
  session.initialize(1);
  return session;
}
