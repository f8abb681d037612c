import { mapInWorkers } from "../workers/map_in_workers.ts";
import {
  type JudgedBatch,
  judgeOf,
  type JudgePlan,
  type RoutedBatch,
} from "./judge_worker.ts";

/**
 * Sends batches through document steps, in this thread or in several others.
 * What comes out does not depend on their number: batches leave in the order in
 * which they came.
 *
 * @param batches Come in.
 * @param plan The steps of each route.
 * @param workers Threads; one works in this one.
 * @returns Each batch, judged.
 * @throws {InputError} If a step cannot be made or refuses its input.
 */
export async function* judgeBatches(
  batches: AsyncIterable<RoutedBatch>,
  plan: JudgePlan,
  workers: number,
): AsyncGenerator<JudgedBatch> {
  if (workers > 1 && plan.routes.some((route) => route.length > 0)) {
    return yield* mapInWorkers<JudgePlan, RoutedBatch, JudgedBatch>(batches, {
      module: new URL("./judge_worker.ts", import.meta.url),
      setup: plan,
      workers,
    });
  }
  const judge = await judgeOf(plan);
  for await (const batch of batches) yield judge(batch);
}
