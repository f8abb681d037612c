import { join } from "@std/path";
import { Random } from "../../data/random.ts";
import type { TrainEvent } from "../../model/train/events.ts";
import { parseRunConfig } from "../../model/train/parse_run_config.ts";
import type { RunOptions } from "../../model/train/prepare_run.ts";
import { resolveModel } from "../../model/train/resolve_model.ts";
import type { RunConfig } from "../../model/train/run_config.ts";
import { train } from "../../model/train/trainer.ts";
import type { SessionOptions } from "../../model/train/training_session.ts";
import { testDevice } from "../kernels/harness.ts";

/**
 * A run that a software adapter finishes in a second. Tests share its shapes,
 * because compiling kernels for others takes longer than all its steps.
 */
export const TINY_YAML = `
model: { family: gpt2, n_embd: 32, n_layer: 2, n_head: 2 }
train: { steps: 12, context: 32, batch: 4 }
optimizer: { kind: adamw, learning_rate: 1e-2, minimum_learning_rate: 1e-3 }
schedule: { kind: cosine, warmup: 2 }
evaluate: { every: 0, tokens: 256 }
sample: { prompts: [] }
checkpoint: { every: 0 }
`;

/** The same with a llama model. */
export const TINY_LLAMA_YAML: string = TINY_YAML.replace(
  /model: .*/,
  "model: { family: llama, hidden_size: 32, num_hidden_layers: 2, " +
    "num_attention_heads: 2, num_key_value_heads: 1, qk_norm: false }",
);

/** The same with what a llama model may have beyond Llama. */
export const TINY_RECIPE_YAML: string = TINY_LLAMA_YAML.replace(
  "qk_norm: false",
  "qk_norm: true, hidden_act: relu2, final_logit_softcapping: 3, " +
    "value_embeddings: 1, residual_scalars: true",
);

/**
 * Writes a text that is easy to learn: short sentences over few words.
 *
 * @param folder Where `text.txt` goes.
 * @returns Its path.
 */
export async function writeText(folder: string): Promise<string> {
  const random = new Random("tiny text");
  const words = ["a cat", "the dog", "my bird", "runs", "sings", "sleeps"];
  const sentences = Array.from(
    { length: 600 },
    () => `${random.pick(words.slice(0, 3))} ${random.pick(words.slice(3))}.\n`,
  );
  const path = join(folder, "text.txt");
  await Deno.writeTextFile(path, sentences.join(""));
  return path;
}

/**
 * Reads the tiny run's configuration.
 *
 * @param data Files to learn from.
 * @param overrides Values by dotted key, as YAML.
 * @param yaml The configuration to start from.
 */
export function tinyConfig(
  data: string,
  overrides: Readonly<Record<string, string>> = {},
  yaml: string = TINY_YAML,
): RunConfig {
  return parseRunConfig(yaml, "tiny.yaml", {
    "data.paths": JSON.stringify([data]),
    ...overrides,
  });
}

/** Ids of the tiny runs' tokenizer: all bytes, and the end of a text. */
export const TINY_VOCABULARY = 257;

/**
 * A session of a tiny run without its data, for tests that call its program.
 *
 * @param yaml The configuration to start from.
 * @param overrides Values by dotted key, as YAML.
 */
export function tinySession(
  yaml: string = TINY_YAML,
  overrides: Readonly<Record<string, string>> = {},
): SessionOptions {
  const { model, train: { batch, context }, optimizer, memory } = tinyConfig(
    "none",
    overrides,
    yaml,
  );
  return {
    config: resolveModel(model, {
      vocabSize: TINY_VOCABULARY,
      context,
      bosTokenId: null,
      eosTokenId: TINY_VOCABULARY - 1,
    }, "tiny.yaml"),
    shape: { batch, context, vocabulary: TINY_VOCABULARY },
    optimizer,
    memory,
    samples: false,
  };
}

/**
 * Trains on the device that all tests share, to the end.
 *
 * @param options The run.
 * @param onEvent Sees each event while the run is still open.
 * @returns All events.
 */
export async function trainTiny(
  options: Omit<RunOptions, "gpu">,
  onEvent: (event: TrainEvent) => void = () => {},
): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train({ ...options, gpu: await testDevice() })) {
    onEvent(event);
    events.push(event);
  }
  return events;
}

/** The events of one type. */
export function eventsOf<Type extends TrainEvent["type"]>(
  events: readonly TrainEvent[],
  type: Type,
): Extract<TrainEvent, { type: Type }>[] {
  return events.filter((event): event is Extract<TrainEvent, { type: Type }> =>
    event.type === type
  );
}
