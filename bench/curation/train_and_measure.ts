import { fromFileUrl } from "@std/path";
import { sequentialWindows } from "../../data/sequential_windows.ts";
import type { TokenReader } from "../../data/shard/token_reader.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import { parseRunConfig } from "../../model/train/parse_run_config.ts";
import { train } from "../../model/train/trainer.ts";
import type {
  TokenBatch,
  TrainingSession,
} from "../../model/train/training_session.ts";

const RECIPE = fromFileUrl(new URL("./run.yaml", import.meta.url));

/** Windows of each text that is measured on, spread evenly over it. */
const WINDOWS = 1024;

/** What a model is trained on, and for how long. */
export interface CurationRun {
  /** Files or folders of text or tokens. */
  readonly data: string;
  /** Folder of the run. */
  readonly out: string;
  /** Optimizer steps. */
  readonly steps: number;
  /** Seed of weights and order. */
  readonly seed: number;
  /** Texts that it is measured on, by name. */
  readonly heldOut: ReadonlyMap<string, string>;
}

/** What became of it. */
export interface CurationOutcome {
  /** Tokens that it was trained on, repeated ones as often as they came. */
  readonly tokens: number;
  /** Bits per byte of each text. */
  readonly bitsPerByte: ReadonlyMap<string, number>;
  /** Time that training took, in seconds. */
  readonly seconds: number;
}

/**
 * Trains as `minnow train bench/curation/run.yaml` would, and measures the
 * model on other texts.
 *
 * @param gpu Device to train on.
 * @param run What, and for how long.
 * @returns Bits per byte.
 */
export async function trainAndMeasure(
  gpu: Gpu,
  { data, out, steps, seed, heldOut }: CurationRun,
): Promise<CurationOutcome> {
  const config = parseRunConfig(await Deno.readTextFile(RECIPE), RECIPE, {
    "data.paths": JSON.stringify([data]),
    "train.steps": String(steps),
    seed: String(seed),
  });
  const { batch, context } = config.train;
  let session: TrainingSession | undefined;
  const bitsPerByte = new Map<string, number>();
  let tokens = 0;
  let seconds = 0;
  const events = train({
    config,
    out,
    gpu,
    onSession: (opened) => {
      session = opened;
    },
  });
  for await (const event of events) {
    if (event.type !== "finished" || session === undefined) continue;
    ({ tokens, seconds } = event);
    // The session closes after the last event.
    for (const [name, text] of heldOut) {
      const loss = await meanLoss(session, text, batch, context);
      bitsPerByte.set(name, loss / Math.LN2);
    }
  }
  return { tokens, bitsPerByte, seconds };
}

/** Nats per byte, each predicted from those before it in its window. */
async function meanLoss(
  session: TrainingSession,
  text: string,
  batch: number,
  context: number,
): Promise<number> {
  const bytes = new TextEncoder().encode(text);
  const source: TokenReader = {
    tokenCount: bytes.length,
    read: (offset, into) => into.forEach((_, i) => into[i] = bytes[offset + i]),
    close: () => {},
  };
  const windows = [...sequentialWindows(source, context, WINDOWS)];
  const batches = Array.from(
    { length: Math.floor(windows.length / batch) },
    (_, i): TokenBatch => {
      const rows = windows.slice(i * batch, (i + 1) * batch);
      const joined = (key: "inputs" | "targets") =>
        Uint32Array.from(rows.flatMap((row) => [...row[key]]));
      return { inputs: joined("inputs"), targets: joined("targets") };
    },
  );
  return await session.evaluate(batches, batches.length * batch * context);
}
