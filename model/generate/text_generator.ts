import { InputError } from "../../data/input_error.ts";
import type { Tokenizer } from "../../data/tokenize/tokenizer.ts";
import { Executable } from "../../kernels/plan/executable.ts";
import { planProgram } from "../../kernels/plan/plan_program.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import { LanguageModel } from "../language_model.ts";
import { loadWeights } from "../load_weights.ts";
import { generationProgram } from "./generation_program.ts";
import { promptTokens } from "./prompt_tokens.ts";
import { type GenerateOptions, TokenGenerator } from "./token_generator.ts";
import type { StoredModel } from "./open_model.ts";

/**
 * Text generation with a model on a device.
 *
 * @example
 * ```ts
 * import {
 *   LanguageModel,
 *   loadTokenizer,
 *   openDevice,
 *   resolveModel,
 *   TextGenerator,
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
 * // Fresh weights; `openModel` gives trained ones.
 * const { parameters } = new LanguageModel(config, 2 ** 28);
 * const fresh = new Map(
 *   [...parameters.initialValues(1)].map((item) => [item.tensor.name, item]),
 * );
 * const weights = {
 *   names: fresh.keys(),
 *   shape: (name: string) => fresh.get(name)?.tensor.shape,
 *   read: (name: string) =>
 *     Promise.resolve(new Float32Array(fresh.get(name)?.values ?? [])),
 *   close: () => {},
 * };
 * const tokenizer = await loadTokenizer("bytes");
 *
 * const gpu = await openDevice();
 * const generator = await TextGenerator.load(gpu, { config, weights, tokenizer });
 * const options = { tokens: 3, temperature: 0, topK: 0, topP: 1, seed: 1 };
 * const text = await generator.text("Once", options);
 * assertEquals(await generator.text("Once", options), text);
 * gpu.close();
 * ```
 */
export class TextGenerator {
  readonly #generator: TokenGenerator;
  readonly #tokenizer: Tokenizer;
  readonly #executable: Executable | undefined;

  /**
   * Wraps a generator; {@linkcode TextGenerator.load} makes one from a model on
   * disk.
   */
  constructor(
    generator: TokenGenerator,
    tokenizer: Tokenizer,
    executable?: Executable,
  ) {
    this.#generator = generator;
    this.#tokenizer = tokenizer;
    this.#executable = executable;
  }

  /**
   * Puts a model on a device.
   *
   * @param gpu The device.
   * @param stored The model; its weights are closed when they are loaded.
   * @param capacity Tokens of prompt and generation together; the model's
   * positions where that is less.
   */
  static async load(
    gpu: Gpu,
    stored: StoredModel,
    capacity: number = Infinity,
  ): Promise<TextGenerator> {
    const { maxBufferSize } = gpu.capabilities.limits;
    const model = new LanguageModel(stored.config, maxBufferSize);
    const program = generationProgram(model, {
      capacity: Math.min(capacity, model.positions),
      prompts: true,
    });
    const plan = planProgram(
      new Map(program.phases.map(({ name, graph }) => [name, graph])),
      gpu.capabilities,
      {
        keep: program.phases.map(({ logits }) => logits),
        readbackBytes: 4 * model.config.vocab_size,
      },
    );
    const executable = await Executable.compile(gpu, plan);
    try {
      await loadWeights(executable, model.parameters, stored.weights);
    } catch (error) {
      executable.destroy();
      throw error;
    } finally {
      stored.weights.close();
    }
    const generator = new TokenGenerator(
      executable,
      program,
      stored.tokenizer.vocabSize,
    );
    return new TextGenerator(generator, stored.tokenizer, executable);
  }

  /**
   * Continues a prompt.
   *
   * @param prompt Text to continue; an empty one starts a new text.
   * @param options How to choose tokens; the end-of-text token always stops.
   * @returns Pieces of text as they are generated, prompt not included.
   * @throws {InputError} If the prompt has more tokens than the model takes.
   */
  generate(
    prompt: string,
    options: Omit<GenerateOptions, "stop">,
  ): AsyncGenerator<string> {
    const start = promptTokens(this.#tokenizer, prompt);
    const { capacity } = this.#generator;
    if (start.length > capacity) {
      throw new InputError(
        `Cannot continue a prompt of ${start.length} tokens: the model takes ` +
          `${capacity}; shorten it`,
      );
    }
    return this.#pieces(start, options);
  }

  async *#pieces(
    start: Uint32Array,
    options: Omit<GenerateOptions, "stop">,
  ): AsyncGenerator<string> {
    const { beginOfText, endOfText } = this.#tokenizer;
    const stream = this.#tokenizer.stream(start);
    const tokens = this.#generator.generate(start, {
      ...options,
      stop: [endOfText, beginOfText],
    });
    for await (const id of tokens) {
      const text = stream.push(id);
      if (text !== "") yield text;
    }
    const rest = stream.end();
    if (rest !== "") yield rest;
  }

  /** Like {@linkcode TextGenerator.generate}, all of the text at once. */
  async text(
    prompt: string,
    options: Omit<GenerateOptions, "stop">,
  ): Promise<string> {
    let text = "";
    for await (const piece of this.generate(prompt, options)) text += piece;
    return text;
  }

  /** Frees the memory of a generator that was loaded. */
  destroy(): void {
    this.#executable?.destroy();
  }
}
