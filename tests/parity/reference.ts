import { fromFileUrl } from "@std/path";

/** Chosen entries of a tensor. */
export interface ParitySamples {
  /** Places in the flattened tensor. */
  readonly indices: readonly number[];
  /** The values there. */
  readonly values: readonly number[];
}

/**
 * What PyTorch computes for a model of weights and tokens that `generator.ts`
 * describes; `make_parity.py` writes it.
 */
export interface ParityReference {
  /** Versions of the packages that computed the numbers. */
  readonly made_with: string;
  /** The model's Hugging Face configuration, without the defaults. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What the generator gave, to see that ours gives the same. */
  readonly generator: {
    /** Inputs of batch 0, (B·T). */
    readonly inputs: readonly number[];
    /** Targets of batch 0, (B·T). */
    readonly targets: readonly number[];
    /** The first three entries of each parameter by its name. */
    readonly weights: Readonly<Record<string, readonly number[]>>;
  };
  /** Logits for batch 0, (B·T, V). */
  readonly logits: {
    /** The first and the last row, whole. */
    readonly rows: readonly {
      /** Which row, counted over the batch. */
      readonly row: number;
      /** Its logits. */
      readonly values: readonly number[];
    }[];
    /** Entries from all over the tensor. */
    readonly samples: ParitySamples;
  };
  /** Mean cross-entropy of batch 0 over all positions, in nats. */
  readonly loss: number;
  /** Gradients of that loss by the parameter's name, before any clipping. */
  readonly gradients: Readonly<
    Record<
      string,
      {
        /** The parameter's shape. */
        readonly shape: readonly number[];
        /** Euclidean norm. */
        readonly norm: number;
        /** Entries from all over the tensor. */
        readonly samples: ParitySamples;
      }
    >
  >;
  /**
   * Losses of ten steps of AdamW, each before its update, on batches 0 to 9.
   * Settings: learning rate 1e-3, betas 0.9 and 0.95, epsilon 1e-8, decay 0.1
   * for matrices but value embeddings, norm of all gradients clipped to 1.
   */
  readonly losses: readonly number[];
  /** Norm of all gradients together at each of these steps, before clipping. */
  readonly gradient_norms: readonly number[];
  /**
   * The same with Muon for the matrices of the blocks, at learning rate 5e-3 for
   * both: momentum 0.95, decay 0.1, updates scaled to AdamW's root mean square,
   * iterations in f32.
   */
  readonly muon_losses: readonly number[];
  /** Norms at each of these steps. */
  readonly muon_gradient_norms: readonly number[];
}

/** Families that there are numbers for. */
export const PARITY_FAMILIES = ["gpt2", "llama", "qwen3", "minnow"] as const;

/**
 * @param family The model's family.
 * @returns The numbers that are checked in.
 */
export async function readParityReference(
  family: typeof PARITY_FAMILIES[number],
): Promise<ParityReference> {
  const url = new URL(`./${family}.json`, import.meta.url);
  return JSON.parse(await Deno.readTextFile(fromFileUrl(url)));
}
