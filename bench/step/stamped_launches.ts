import type { TrainingSession } from "../../model/train/training_session.ts";
import { randomTokens } from "../support/random_tokens.ts";
import type { BenchSize } from "../support/sizes.ts";
import type { LaunchTime } from "./kind_shares.ts";

const STEPS = 3;

/**
 * Times the launches of a step by the device's clock.
 *
 * @param session A session that was opened for profiling.
 * @param size What it trains.
 * @returns Times by label; none where the device has no clock.
 */
export async function stampedLaunches(
  session: TrainingSession,
  size: BenchSize,
): Promise<LaunchTime[]> {
  const { executable } = session;
  const batch = randomTokens(size);
  for (let step = 1; step <= STEPS; step++) {
    session.step([batch], { learningRate: 1e-3, step });
    await session.result();
    // Fetches the times, for which there is room for few steps only.
    await executable.profile();
  }
  const kinds = new Map<string, string>();
  for (const dispatches of executable.plan.phases.values()) {
    for (const { pass, label, kernel, op } of dispatches) {
      kinds.set(`${pass} ${label} ${kernel.name}`, `${pass} ${op}`);
    }
  }
  return (await executable.profile()).map(({ label, launches, seconds }) => ({
    kind: kinds.get(label) ?? label,
    launches: launches / STEPS,
    seconds: seconds / STEPS,
  }));
}
