import { sequentialWindows } from "../../data/sequential_windows.ts";
import type { EvaluatedEvent } from "./events.ts";
import type { PreparedRun } from "./prepare_run.ts";
import { IGNORED_TARGET } from "./training_program.ts";
import type { TokenBatch } from "./training_session.ts";
import type { TrainingState } from "./training_state.ts";

/**
 * Measures a run's model on windows that are spread evenly over the validation
 * part.
 *
 * @param run The run.
 * @param state How far it has come.
 * @returns The loss, and what goes with it; undefined where there is no
 * validation part.
 * @throws {InputError} If the part is shorter than one sequence.
 */
export async function evaluateRun(
  { corpus, config, session, prediction }: PreparedRun,
  { step, tokens }: Pick<TrainingState, "step" | "tokens">,
): Promise<EvaluatedEvent | undefined> {
  const { validation, bytesPerToken } = corpus;
  if (!validation) return undefined;
  const { batch, context } = config.train;
  const wanted = Math.floor(config.evaluate.tokens / context);
  const windows = sequentialWindows(
    validation,
    context,
    wanted,
    config.train.document_mask,
  );
  const loss = await session.withAverage(() =>
    session.evaluate(
      batchesOf(windows, batch, context),
      windows.count * context,
    )
  );
  return {
    type: "evaluated",
    step,
    validationLoss: loss,
    bitsPerByte: bytesPerToken === null
      ? null
      : loss / Math.LN2 / bytesPerToken,
    predictedLoss: prediction?.lossAfter(tokens) ?? null,
  };
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
    documents: { starts: new Uint32Array(batch * context) },
  });
  let current = empty();
  let rows = 0;
  for (const window of windows) {
    current.inputs.set(window.inputs, rows * context);
    current.targets.set(window.targets, rows * context);
    current.documents.starts.set(
      window.documents?.starts ?? [],
      rows * context,
    );
    if (++rows < batch) continue;
    yield current;
    current = empty();
    rows = 0;
  }
  if (rows > 0) yield current;
}
