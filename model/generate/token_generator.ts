import { Random } from "../../data/random.ts";
import type { Tensor } from "../../kernels/ops/tensor.ts";
import { createTensor } from "../../kernels/ops/tensor.ts";
import type { Executable } from "../../kernels/plan/executable.ts";
import type {
  GenerationPhase,
  GenerationProgram,
} from "./generation_program.ts";
import { sampleToken, type SamplingOptions } from "./sample_token.ts";

/** What to generate. */
export interface GenerateOptions extends SamplingOptions {
  /** Most tokens to generate. */
  readonly tokens: number;
  /** Seed of the choices. */
  readonly seed: number;
  /** Ids that end the generation and are not given out. */
  readonly stop: readonly number[];
}

/** What generation does with a program, whatever its ring carries. */
type ProgramCalls = Pick<Executable<never>, "write" | "submit" | "read">;

/**
 * Continues sequences of tokens with a compiled program.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   generationProgram,
 *   LanguageModel,
 *   openDevice,
 *   planProgram,
 *   resolveModel,
 *   TokenGenerator,
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
 * const model = new LanguageModel(config, 2 ** 28);
 * const generation = generationProgram(model, { capacity: 16, prompts: false });
 * const [{ name, graph, logits }] = generation.phases;
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([[name, graph]]), gpu.capabilities, {
 *   keep: [logits],
 * });
 * const program = await Executable.compile<never>(gpu, plan);
 * for (const { tensor, values } of model.parameters.initialValues(1)) {
 *   program.write(tensor, values);
 * }
 * const generator = new TokenGenerator(program, generation, 257);
 * const options = { temperature: 0, topK: 0, topP: 1, seed: 1, stop: [] };
 * const ids = [];
 * for await (
 *   const id of generator.generate(Uint32Array.of(72, 105), {
 *     ...options,
 *     tokens: 3,
 *   })
 * ) ids.push(id);
 * assertEquals(ids.length, 3);
 * gpu.close();
 * ```
 */
export class TokenGenerator {
  readonly #executable: ProgramCalls;
  readonly #program: GenerationProgram;
  readonly #vocabulary: number;
  readonly #rows = new Map<string, Tensor>();

  /**
   * Makes a generator.
   *
   * @param executable Program that has the phases of `program`.
   * @param program Graphs and tensors of generation.
   * @param vocabulary Number of ids that the tokenizer knows; a model may have
   * more rows than that.
   */
  constructor(
    executable: ProgramCalls,
    program: GenerationProgram,
    vocabulary: number,
  ) {
    this.#executable = executable;
    this.#program = program;
    this.#vocabulary = vocabulary;
  }

  /** Tokens that fit the cache: the longest prompt. */
  get capacity(): number {
    return this.#program.capacity;
  }

  /**
   * Generates the tokens that follow a prompt, one at a time. Ends at a stop
   * token, after the number of tokens asked for, or when the cache is full.
   *
   * @param prompt At least one id.
   * @throws {RangeError} if the prompt is empty or does not fit the cache.
   */
  async *generate(
    prompt: Uint32Array,
    options: GenerateOptions,
  ): AsyncGenerator<number> {
    const { capacity } = this.#program;
    if (prompt.length === 0 || prompt.length > capacity) {
      throw new RangeError(
        `Cannot continue a prompt of ${prompt.length} tokens: the model takes 1 to ${capacity}`,
      );
    }
    const random = new Random(`generate ${options.seed}`);
    let logits = await this.#append(prompt, 0);
    let position = prompt.length;
    for (let count = 0; count < options.tokens; count++) {
      const id = sampleToken(logits, this.#vocabulary, options, random);
      if (options.stop.includes(id)) return;
      yield id;
      if (position >= capacity || count + 1 === options.tokens) return;
      logits = await this.#append(Uint32Array.of(id), position++);
    }
  }

  /** Runs tokens through the model; the logits after the last one. */
  async #append(tokens: Uint32Array, position: number): Promise<Float32Array> {
    const { phases } = this.#program;
    for (let start = 0;;) {
      const left = tokens.length - start;
      // A pass over many rows costs about as much for few of them.
      const phase = left === 1 ? phases[0] : phases[phases.length - 1];
      const rows = phase.tokens.shape[0];
      const piece = new Uint32Array(rows);
      piece.set(tokens.subarray(start, start + rows));
      this.#executable.write(phase.tokens, piece);
      this.#executable.write(
        this.#program.position,
        Uint32Array.of(position + start),
      );
      this.#executable.submit([phase.name]);
      const used = Math.min(rows, left);
      start += used;
      if (start >= tokens.length) {
        return await this.#executable.read(this.#row(phase, used - 1));
      }
    }
  }

  #row(phase: GenerationPhase, row: number): Tensor {
    const key = `${phase.name} ${row}`;
    const width = phase.logits.shape[1];
    const found = this.#rows.get(key) ?? createTensor({
      name: `logits ${row}`,
      shape: [width],
      dtype: "f32",
      role: phase.logits.role,
      view: { base: phase.logits, offset: row * width },
    });
    this.#rows.set(key, found);
    return found;
  }
}
