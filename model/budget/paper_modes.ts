/** Bytes of training a model in one way. */
export interface PaperMode {
  /** The way. */
  readonly mode: string;
  /** Weights, gradients and moments. */
  readonly stateBytes: number;
  /** Whether minnow trains so today. */
  readonly exists: boolean;
}

/** A model of Phi's proportions, on paper. */
export interface PaperModel {
  /** Name. */
  readonly name: string;
  /** All parameters. */
  readonly parameters: number;
  /** Ways of training it. */
  readonly modes: readonly PaperMode[];
  /** Activations of one sequence in 16 bits, all of them kept. */
  readonly keptBytes: number;
  /** The same where each block keeps its input only. */
  readonly replayedBytes: number;
}

const WIDTH = 2560;
const INNER = 10_240;
const LAYERS = 32;
const VOCABULARY = 51_200;
const CONTEXT = 2048;
const RANK = 16;
/** Weights that share a scale of NF4, and scales that share one of their own. */
const NF4 = { block: 64, nested: 256 };

/**
 * What Phi-2 (`microsoft/phi-2`) takes in different ways of training, computed
 * from its proportions: width 2560, 10,240 inside, 32 blocks, 51,200 ids, an
 * untied head, biases everywhere but in the embedding. Activations are counted
 * as by Korthikanti et al. 2022 (arXiv:2205.05198), attention in one kernel:
 * 34·s·b·h bytes a block, or 2·s·b·h of a block that is replayed.
 *
 * @example
 * ```ts
 * import { phi2OnPaper } from "./paper_modes.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(phi2OnPaper().parameters, 2_779_683_840);
 * ```
 */
export function phi2OnPaper(): PaperModel {
  const square = WIDTH * WIDTH;
  const linear = LAYERS * (4 * square + 2 * WIDTH * INNER);
  const biasesAndNorms = LAYERS * (4 * WIDTH + INNER + WIDTH + 2 * WIDTH) +
    2 * WIDTH;
  const tables = 2 * VOCABULARY * WIDTH + VOCABULARY;
  const parameters = linear + biasesAndNorms + tables;
  const adapters = LAYERS * RANK * (4 * 2 * WIDTH + 2 * (WIDTH + INNER));
  const nf4Bits = 4 + 8 / NF4.block + 32 / (NF4.block * NF4.nested);
  const each = (bytes: number) => bytes * parameters;
  const mode = (name: string, stateBytes: number, exists = false) => ({
    mode: name,
    stateBytes,
    exists,
  });
  const block = CONTEXT * WIDTH;
  return {
    name: "Phi-2",
    parameters,
    modes: [
      mode("f32 AdamW", each(4 + 4 + 8), true),
      mode("mixed precision, f32 master weights", each(2 + 2 + 4 + 8)),
      mode("16-bit weights and gradients, f32 moments", each(2 + 2 + 8)),
      mode("all in 16 bits", each(2 + 2 + 4)),
      mode("16 bits, 8-bit moments", each(2 + 2 + 2)),
      mode("16 bits, 8-bit moments, fused update", each(2 + 2)),
      mode("LOMO: 16 bits, fused, no moments", each(2)),
      mode("LoRA r16 on 16 bits", each(2) + 16 * adapters),
      mode(
        "QLoRA r16 on NF4, double quantisation",
        nf4Bits / 8 * linear + 2 * (parameters - linear) + 16 * adapters,
      ),
    ],
    keptBytes: LAYERS * 34 * block,
    replayedBytes: LAYERS * 2 * block + 34 * block,
  };
}
