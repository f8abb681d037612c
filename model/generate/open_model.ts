import { join } from "@std/path";
import { InputError } from "../../data/input_error.ts";
import { loadTokenizer } from "../../data/tokenize/load_tokenizer.ts";
import type { Tokenizer } from "../../data/tokenize/tokenizer.ts";
import { openCheckpointTensors } from "../io/checkpoint_tensors.ts";
import { readLlama2c } from "../io/llama2c.ts";
import type { WeightSource } from "../io/weight_source.ts";
import { type ModelConfig, parseModelConfig } from "../model_config.ts";
import { latestCheckpoint } from "../train/latest_checkpoint.ts";

/** A trained model on disk: configuration, weights and tokenizer. */
export interface StoredModel {
  /** The configuration. */
  readonly config: ModelConfig;
  /** The weights; close them when they are loaded. */
  readonly weights: WeightSource;
  /** The tokenizer. */
  readonly tokenizer: Tokenizer;
}

/**
 * Opens a trained model: a checkpoint's folder with `config.json`, a run's
 * folder (its best checkpoint, else the latest), or a llama2.c `.bin`.
 *
 * @param path File or folder.
 * @param tokenizerPath Tokenizer, where the model brings none of its own.
 * @throws {InputError} if nothing that can be read is there.
 *
 * @example
 * ```ts
 * import {
 *   huggingFaceConfig,
 *   LanguageModel,
 *   loadTokenizer,
 *   openModel,
 *   resolveModel,
 *   writeSafetensors,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const config = resolveModel(
 *   {
 *     preset: null,
 *     family: "llama",
 *     fields: { hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2 },
 *   },
 *   { vocabSize: 257, context: 16, bosTokenId: 256, eosTokenId: 256 },
 *   "example",
 * );
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(
 *   `${folder}/config.json`,
 *   JSON.stringify(huggingFaceConfig(config)),
 * );
 * for (const [name, text] of (await loadTokenizer("bytes")).files()) {
 *   await Deno.writeTextFile(`${folder}/${name}`, text);
 * }
 * const { parameters } = new LanguageModel(config, 2 ** 28);
 * await writeSafetensors(
 *   `${folder}/model.safetensors`,
 *   [...parameters.initialValues(1)].map(({ tensor, values }) => ({
 *     name: tensor.name,
 *     shape: tensor.shape,
 *     chunks: () => [new Uint8Array(values.buffer)],
 *   })),
 * );
 *
 * const model = await openModel(folder);
 * assertEquals(model.config, config);
 * assertEquals(model.tokenizer.kind, "bytes");
 * assertEquals(model.weights.shape("model.norm.weight"), [8]);
 * model.weights.close();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function openModel(
  path: string,
  tokenizerPath?: string,
): Promise<StoredModel> {
  const info = await statOf(path);
  if (info.isFile) return await openLlama2c(path, tokenizerPath);
  const folder = await isFile(join(path, "config.json"))
    ? path
    : await latestCheckpoint(path);
  const configPath = join(folder, "config.json");
  let json: unknown;
  try {
    json = JSON.parse(await Deno.readTextFile(configPath));
  } catch (error) {
    throw new InputError(
      `Cannot load '${path}': '${configPath}' is not a readable JSON file`,
      { cause: error },
    );
  }
  const config = parseModelConfig(json, configPath);
  const tokenizer = await loadTokenizer(tokenizerPath ?? folder);
  checkVocabulary(tokenizer, config, path);
  return { config, weights: await openCheckpointTensors(folder), tokenizer };
}

async function openLlama2c(
  path: string,
  tokenizerPath: string | undefined,
): Promise<StoredModel> {
  if (!path.endsWith(".bin")) {
    throw new InputError(
      `Cannot load '${path}': name a checkpoint's folder, a run's folder or a ` +
        `llama2.c .bin`,
    );
  }
  if (tokenizerPath === undefined) {
    throw new InputError(
      `Cannot load '${path}': it brings no tokenizer; add --tokenizer FILE`,
    );
  }
  const { config, weights } = await readLlama2c(path);
  const tokenizer = await loadTokenizer(tokenizerPath);
  checkVocabulary(tokenizer, config, path);
  return { config, weights, tokenizer };
}

function checkVocabulary(
  tokenizer: Tokenizer,
  config: ModelConfig,
  path: string,
): void {
  if (tokenizer.vocabSize <= config.vocab_size) return;
  throw new InputError(
    `Cannot load '${path}': its tokenizer has ${tokenizer.vocabSize} tokens and the ` +
      `model only ${config.vocab_size}; give the tokenizer that it was trained with`,
  );
}

async function statOf(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    throw new InputError(
      `Cannot load '${path}': there is no such file or folder`,
      { cause: error },
    );
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}
