import { resolve } from "@std/path";
import { readManifest } from "../../data/corpus/manifest.ts";
import { formatCount } from "../../data/format.ts";
import { InputError } from "../../data/input_error.ts";
import { absoluteSource } from "../../data/read/absolute_source.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import { type OnDataProgress, openCorpus } from "../train/open_corpus.ts";
import type { GivenConfig } from "../train/parse_run_config.ts";
import type { DataSection } from "../train/run_config.ts";
import { MemoryPlanner } from "./memory_planner.ts";
import { modelShapes } from "./model_shape.ts";
import { plannedIngredients } from "./planned_ingredients.ts";
import { presentMemory } from "./planning_device.ts";
import { BATCH_LAWS, type BatchLaw } from "./recipe_law.ts";
import {
  planSweep,
  type SweepGrid,
  type SweepPoint,
  type SweepQuestion,
} from "./sweep_plan.ts";

/** What a sweep is prepared from. */
export interface SweepPreparation {
  /** Folder of the sweep; tokens are kept in its `data`. */
  readonly folder: string;
  /** What its runs have in common; what was given of it stays as it is. */
  readonly base: GivenConfig;
  /** The device. */
  readonly gpu: Gpu;
  /** Most bytes on the device; null for what it has, as far as it is known. */
  readonly memory: number | null;
  /** How batches are derived. @default "steplaw" */
  readonly batchLaw?: BatchLaw;
  /** Told of the preparation of the data: share done, from 0 to 1, of what. */
  readonly onDataProgress?: OnDataProgress;
}

/** A sweep whose text is tokens and whose runs can be planned. */
export interface PreparedSweep {
  /** Different tokens that there are to learn from. */
  readonly uniqueTokens: number;
  /** Ids that the tokenizer knows. */
  readonly vocabulary: number;
  /** What is worth a line. */
  readonly notices: readonly string[];
  /** All that runs are planned from but the sizes and amounts. */
  readonly question: Omit<SweepQuestion, "grid">;
  /**
   * The runs of grids, each once, by amount of training and size.
   *
   * @throws {InputError} If no run is left of an amount.
   */
  plan(grids: readonly SweepGrid[]): {
    readonly points: readonly SweepPoint[];
    readonly notices: readonly string[];
  };
}

/** Held-out tokens below which losses of like runs cannot be told apart. */
const FEWEST_HELD_OUT = 65_536;

/**
 * Makes tokens of a sweep's text, once for all its runs.
 *
 * @param preparation Text, device, what runs have in common.
 * @throws {InputError} If the text cannot be used or none of it is held out.
 */
export async function prepareSweep(
  preparation: SweepPreparation,
): Promise<PreparedSweep> {
  const { folder, gpu, onDataProgress } = preparation;
  const { config: base, given } = preparation.base;
  const corpus = await openCorpus(base.data, {
    out: folder,
    seed: base.seed,
    ...(onDataProgress ? { onProgress: onDataProgress } : {}),
  });
  corpus.close();
  const { tokenizer } = corpus;
  const uniqueTokens = corpus.train.tokenCount;
  const heldOut = corpus.validation?.tokenCount ?? 0;
  if (heldOut < base.train.context + 1) {
    throw new InputError(
      "Cannot sweep: too little of the text is held out to measure on; give " +
        "more text, or raise data.validation_fraction",
    );
  }
  const fewest = Math.min(FEWEST_HELD_OUT, base.evaluate.tokens);
  const notices = [
    ...corpus.notices,
    ...(heldOut < fewest
      ? [
        `${
          formatCount(heldOut, "tokens")
        } held out are few: differences of a ` +
        "per cent may be chance",
      ]
      : []),
  ];
  const { vocabSize } = tokenizer;
  const data = await tokensOf(base.data, folder);
  const { software } = gpu.capabilities;
  const question = {
    base: { ...base, data },
    given,
    shapes: modelShapes({
      vocabSize,
      context: base.train.context,
      bosTokenId: tokenizer.beginOfText,
      eosTokenId: tokenizer.endOfText,
    }, plannedIngredients(base.model)),
    memoryPlanner: new MemoryPlanner(gpu.capabilities, base, vocabSize),
    memory: preparation.memory ??
      presentMemory(gpu.adapter.name, software).memoryBytes,
    uniqueTokens,
    batchLaw: preparation.batchLaw ?? BATCH_LAWS[0],
  };
  return {
    uniqueTokens,
    vocabulary: vocabSize,
    notices,
    question,
    plan(grids) {
      const points = new Map<string, SweepPoint>();
      const left: string[] = [];
      for (const grid of grids) {
        const planned = planSweep({ ...question, grid });
        for (const point of planned.points) {
          if (!points.has(point.name)) points.set(point.name, point);
        }
        left.push(...planned.notices);
      }
      const ordered = [...points.values()].sort((a, b) =>
        a.budget - b.budget || a.shape.parameters - b.shape.parameters
      );
      return { points: ordered, notices: left };
    },
  };
}

/** The data of each run: the tokens made, or those that were given. */
async function tokensOf(
  section: DataSection,
  folder: string,
): Promise<DataSection> {
  const made = resolve(folder, "data");
  if (await readManifest(made) !== null) {
    // The tokenizer is the one that they were made with.
    return { ...section, paths: [made], tokenizer: null };
  }
  const paths = section.paths.map(absoluteSource);
  return { ...section, paths };
}
