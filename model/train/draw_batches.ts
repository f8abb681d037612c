import type { Loader } from "../../data/loader.ts";
import type { TokenBatch } from "./training_session.ts";
import { type BatchPlace, isSkipped } from "./training_state.ts";

/** The micro-batches of a step. */
export interface DrawnBatches {
  /** What to learn from. */
  readonly batches: readonly TokenBatch[];
  /** Where in the data each of them begins. */
  readonly places: readonly BatchPlace[];
}

/**
 * Takes the micro-batches of a step from the data, but for those that are left
 * out.
 *
 * @param loader The data; it has to keep as many batches as are taken.
 * @param step How many micro-batches, of how many sequences, and places of
 * those to leave out.
 */
export function drawBatches(
  loader: Loader,
  { count, batch, skipped }: {
    readonly count: number;
    readonly batch: number;
    readonly skipped: readonly BatchPlace[];
  },
): DrawnBatches {
  let batches: TokenBatch[] = [];
  let places: BatchPlace[] = [];
  while (batches.length < count) {
    const { epoch, position } = loader.state;
    const place = { epoch, position };
    const drawn = loader.next(batch);
    if (isSkipped({ skipped }, place)) {
      // The loader may fill the arrays of those before again: they go, too.
      batches = [];
      places = [];
      continue;
    }
    batches.push(drawn);
    places.push(place);
  }
  return { batches, places };
}
