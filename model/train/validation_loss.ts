import { sequentialWindows } from "../../data/sequential_windows.ts";
import type { TokenReader } from "../../data/shard/token_reader.ts";
import type { RunConfig } from "./run_config.ts";
import { IGNORED_TARGET } from "./training_program.ts";
import type { TokenBatch, TrainingSession } from "./training_session.ts";

/**
 * Mean loss over windows that are spread evenly over the validation part.
 *
 * @param session The model in training.
 * @param source The validation part.
 * @param config Size of a micro-batch, and how many tokens to read.
 * @returns Nats a token.
 * @throws {InputError} If the part is shorter than one sequence.
 */
export async function validationLoss(
  session: TrainingSession,
  source: TokenReader,
  { train: { batch, context }, evaluate }: RunConfig,
): Promise<number> {
  const wanted = Math.floor(evaluate.tokens / context);
  const windows = sequentialWindows(source, context, wanted);
  return await session.evaluate(
    batchesOf(windows, batch, context),
    windows.count * context,
  );
}

/** Windows of tokens in micro-batches; a last one is filled with ignored rows. */
function* batchesOf(
  windows: Iterable<TokenBatch>,
  batch: number,
  context: number,
): Generator<TokenBatch, void, void> {
  const empty = () => ({
    inputs: new Uint32Array(batch * context),
    targets: new Uint32Array(batch * context).fill(IGNORED_TARGET),
  });
  let current = empty();
  let rows = 0;
  for (const window of windows) {
    current.inputs.set(window.inputs, rows * context);
    current.targets.set(window.targets, rows * context);
    if (++rows < batch) continue;
    yield current;
    current = empty();
    rows = 0;
  }
  if (rows > 0) yield current;
}
