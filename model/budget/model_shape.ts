import { InputError } from "../../data/input_error.ts";
import type { LlamaFields } from "../config_fields.ts";
import { LanguageModel } from "../language_model.ts";
import type { ModelConfig } from "../model_config.ts";
import {
  type ModelSurroundings,
  resolveModel,
} from "../train/resolve_model.ts";
import type { ModelSection } from "../train/run_config.ts";
import { blockParameters } from "./block_parameters.ts";
import {
  type PlannedIngredients,
  plannedIngredients,
} from "./planned_ingredients.ts";
import { trainingFlopsPerToken } from "./training_flops.ts";

/** A model that a plan may choose. */
export interface ModelShape {
  /** Width of the residual stream. */
  readonly width: number;
  /** Blocks. */
  readonly layers: number;
  /** As a run's configuration names it. */
  readonly section: ModelSection;
  /** The whole configuration. */
  readonly config: ModelConfig;
  /** All parameters. */
  readonly parameters: number;
  /** Parameters without embeddings and head. */
  readonly blockParameters: number;
  /** Floating-point operations of training, per token. */
  readonly flopsPerToken: number;
}

/** Narrowest and widest model of the ladder. */
const NARROWEST = 16;
const WIDEST = 8192;

/**
 * The ladder of models that plans choose from, of the family `llama`. Widths
 * are multiples of what kernels tile by. Depth grows with width to the power
 * 3/4, between models of one depth and models of one proportion, through
 * GPT-2's 12 blocks of 768; each width also comes a quarter shallower and
 * deeper, which fills the gaps in size: at a given size, the proportion matters
 * little (Kaplan et al. 2020, arXiv:2001.08361, figure 5).
 *
 * @param surroundings What the tokenizer and the run decide.
 * @param ingredients What all of them have in common.
 * @default those that plans take where a run names none
 * @returns Shapes by ascending number of parameters; only those deep enough for
 * the value embeddings.
 * @throws {InputError} If none is.
 */
export function modelShapes(
  surroundings: ModelSurroundings,
  ingredients: PlannedIngredients = plannedIngredients(),
): ModelShape[] {
  const shapes: ModelShape[] = [];
  for (let width = NARROWEST; width <= WIDEST; width += stepAfter(width)) {
    const middle = 12 * (width / 768) ** 0.75;
    const depths = [0.8, 1, 1.25].map((factor) =>
      Math.max(2, Math.round(factor * middle))
    );
    for (const layers of new Set(depths)) {
      if (layers < 2 * ingredients.value_embeddings) continue;
      shapes.push(shapeOf(width, layers, surroundings, ingredients));
    }
  }
  if (shapes.length === 0) {
    throw new InputError(
      `Cannot plan a model with "model.value_embeddings" ` +
        `${ingredients.value_embeddings}: none of those to choose from has ` +
        "twice as many layers; lower it",
    );
  }
  return shapes.sort((a, b) => a.parameters - b.parameters);
}

/**
 * The model nearest in size, by ratio.
 *
 * @param shapes Models to choose from, at least one.
 * @param parameters The size wanted.
 */
export function closestShape(
  shapes: readonly ModelShape[],
  parameters: number,
): ModelShape {
  const distance = (shape: ModelShape) =>
    Math.abs(Math.log(shape.parameters / parameters));
  return shapes.reduce((a, b) => distance(b) < distance(a) ? b : a);
}

/** Finer steps for narrow models, in multiples that divide into heads. */
function stepAfter(width: number): number {
  if (width < 32) return 8;
  if (width < 64) return 16;
  if (width < 256) return 32;
  if (width < 1024) return 64;
  return width < 2048 ? 128 : 512;
}

function shapeOf(
  width: number,
  layers: number,
  surroundings: ModelSurroundings,
  ingredients: PlannedIngredients,
): ModelShape {
  const headDim = headDimOf(width);
  const multiple = width < 512 ? 32 : 128;
  const inside = ingredients.hidden_act === "relu2"
    ? 4 * width
    // Three matrices of this width hold what two of 4 · hidden_size would
    // (Shazeer, arXiv:2002.05202).
    : Math.ceil(width * 8 / 3 / multiple) * multiple;
  const fields = {
    hidden_size: width,
    intermediate_size: inside,
    num_hidden_layers: layers,
    num_attention_heads: width / headDim,
    num_key_value_heads: width / headDim,
    ...ingredients,
  };
  const sectionOf = (fields: Partial<LlamaFields>): ModelSection => ({
    preset: null,
    family: "llama",
    fields,
  });
  const config = resolveModel(sectionOf(fields), surroundings, "plan");
  const { tie_word_embeddings } = config;
  const model = new LanguageModel(config, Infinity);
  const parameters = model.parameters.count;
  return {
    width,
    layers,
    section: sectionOf({ ...fields, tie_word_embeddings }),
    config,
    parameters,
    blockParameters: blockParameters(model, config),
    flopsPerToken: trainingFlopsPerToken(model, surroundings.context),
  };
}

/**
 * Wide heads where there is width for several of them. Of narrow models one
 * head is far too few, whatever its width: 35 k parameters of width 32, trained
 * for 2.5e11 FLOP on books and the primer, ended at a loss of 1.23 with one
 * head, 1.13 with two and 1.09 with four.
 */
function headDimOf(width: number): number {
  if (width >= 1024 && width % 128 === 0) return 128;
  if (width >= 128 && width % 64 === 0) return 64;
  if (width >= 64) return 32;
  return width > 32 ? 16 : 8;
}
