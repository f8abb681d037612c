import { createTensor, type Tensor } from "../../kernels/ops/tensor.ts";
import { Graph } from "../../kernels/plan/graph.ts";
import type { LanguageModel, LayerCache } from "../language_model.ts";

/** Rows of a pass over a prompt; the last one may be partly padding. */
const PROMPT_ROWS = 32;

/** One pass of generation: its graph, and where its tokens go in. */
export interface GenerationPhase {
  /** Name of the phase in the program. */
  readonly name: string;
  /** The graph. */
  readonly graph: Graph;
  /** Token ids, u32 (R). */
  readonly tokens: Tensor;
  /** Logits of every row, (R, V). */
  readonly logits: Tensor;
}

/**
 * The tensors and graphs that continue one sequence: a cache of keys and
 * values, a pass over one token, and one over a piece of a prompt. They join
 * the phases of any program that holds the model's weights.
 */
export interface GenerationProgram {
  /** Tokens that fit the cache. */
  readonly capacity: number;
  /** Tokens in the cache, u32 (1). */
  readonly position: Tensor;
  /** Passes, by rising number of rows. */
  readonly phases: readonly GenerationPhase[];
}

/**
 * Builds the graphs of generation.
 *
 * @param model The model.
 * @param options `capacity`: tokens that the cache holds; `prompts`: whether to
 * build the pass that takes a prompt in pieces, which costs compile time and
 * pays for long prompts.
 *
 * @example
 * ```ts
 * import { generationProgram, LanguageModel, resolveModel } from "@minnow/minnow";
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
 * const { phases } = generationProgram(model, { capacity: 16, prompts: false });
 * assertEquals(phases.map(({ name }) => name), ["continue 1"]);
 * assertEquals(phases[0].logits.shape, [1, 272]);
 * ```
 */
export function generationProgram(
  model: LanguageModel,
  options: { readonly capacity: number; readonly prompts: boolean },
): GenerationProgram {
  const { capacity } = options;
  const { kvHeads, headDim } = model.attention;
  const variable = (
    name: string,
    shape: readonly number[],
    dtype: "f32" | "u32",
    role: "input" | "state",
  ) => createTensor({ name, shape, dtype, role });
  const position = variable("position", [1], "u32", "input");
  const cache: LayerCache[] = Array.from(
    { length: model.layers },
    (_, layer) => ({
      keys: variable(
        `key cache ${layer}`,
        [capacity, kvHeads * headDim],
        "f32",
        "state",
      ),
      values: variable(
        `value cache ${layer}`,
        [capacity, kvHeads * headDim],
        "f32",
        "state",
      ),
    }),
  );
  const rowCounts = options.prompts && capacity > PROMPT_ROWS
    ? [1, PROMPT_ROWS]
    : [1];
  const phases = rowCounts.map((rows): GenerationPhase => {
    const graph = new Graph();
    const tokens = variable(`next ${rows} tokens`, [rows], "u32", "input");
    const states = model.continuation(graph, tokens, position, cache);
    const logits = model.logits(graph, states);
    return { name: `continue ${rows}`, graph, tokens, logits };
  });
  return { capacity, position, phases };
}
