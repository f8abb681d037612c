import {
  hyperValues,
  type TrainingProgram,
} from "../../model/train/training_program.ts";
import type { TrainingSession } from "../../model/train/training_session.ts";
import { randomTokens } from "../support/random_tokens.ts";
import type { BenchSize } from "../support/sizes.ts";
import { summarize, type Summary } from "../support/statistics.ts";

const TURNS = 9;

/**
 * Times what the host does for a step: writing tokens and numbers, encoding
 * and submitting. The device is idle before, so that the host never waits for
 * it. Asking for the step's report is left out: Deno waits for the device
 * inside `mapAsync`, which is no work.
 *
 * @param session Session with initialised weights; they do not change.
 * @param size What it trains.
 * @returns Seconds of the host a step.
 */
export async function hostSeconds(
  session: TrainingSession,
  size: BenchSize,
): Promise<Summary> {
  const batch = randomTokens(size);
  const { executable } = session;
  const program: TrainingProgram = session.program;
  const hyper = { beta1: 0.9, beta2: 0.95, clip: 1 };
  const times: number[] = [];
  for (let turn = 0; turn <= TURNS; turn++) {
    await executable.finished();
    const start = performance.now();
    executable.write(program.scale, Float32Array.of(1 / batch.inputs.length));
    executable.write(
      program.hyper,
      hyperValues({ learningRate: 0, step: 1 }, hyper),
    );
    executable.write(program.tokens, batch.inputs);
    executable.write(program.targets, batch.targets);
    executable.submit(["micro", "update"]);
    const taken = performance.now() - start;
    // The first turn compiles the code that the others run.
    if (turn > 0) times.push(taken / 1000);
  }
  await executable.finished();
  return summarize(times);
}
