import { effectiveTokens } from "../../data/curate/effective_tokens.ts";

/** Constants of L(N, D) = E + A / N^α + B / D^β, in nats a token. */
export interface LawConstants {
  /** Loss that no model and no amount of data goes below. */
  readonly E: number;
  /** Weight of the model's size. */
  readonly A: number;
  /** Exponent of the model's size. */
  readonly alpha: number;
  /** Weight of the amount of data. */
  readonly B: number;
  /** Exponent of the amount of data. */
  readonly beta: number;
}

/** A scaling law with its name and where it is from. */
export interface ScalingLaw extends LawConstants {
  /** Name, as `--law` takes it; of a law from a file, its path. */
  readonly name: string;
  /** Paper or file. */
  readonly source: string;
  /**
   * Rows of the token table of the models that it was fitted to, where that is
   * known: losses a token do not compare between vocabularies.
   */
  readonly vocabulary?: number;
  /** Largest amount of training of the runs that it was fitted to, in FLOP. */
  readonly flops?: number;
}

/** The law that plans go by where none is named. */
export const USUAL_LAW: ScalingLaw = {
  name: "besiroglu",
  source: "Besiroglu et al. 2024, arXiv:2404.10102: Chinchilla's runs refit",
  E: 1.8172,
  A: 482.01,
  alpha: 0.3478,
  B: 2085.43,
  beta: 0.3658,
};

/** Published laws by name, the usual one first. */
export const SCALING_LAWS: ReadonlyMap<string, ScalingLaw> = new Map([
  [USUAL_LAW.name, USUAL_LAW],
  ["hoffmann", {
    name: "hoffmann",
    source: "Hoffmann et al. 2022, arXiv:2203.15556, approach 3",
    E: 1.69,
    A: 406.4,
    alpha: 0.34,
    B: 410.7,
    beta: 0.28,
  }],
]);

/**
 * Whether a law is a published one. One from a file is of a sweep, fitted to all
 * parameters of models of one vocabulary.
 *
 * @param law The law.
 */
export function isPublished({ name }: Pick<ScalingLaw, "name">): boolean {
  return SCALING_LAWS.has(name);
}

/** Excess parameters after which a further one is worth 1/e of the first. */
const EXCESS_DECAY = 5.309743;

/**
 * Loss that a law predicts. Where the text is short, going through it again
 * counts for less, and so do parameters beyond those that its different tokens
 * would ask for (Muennighoff et al. 2023, arXiv:2305.16264, equations 5 and 6,
 * with the constants of their fit).
 *
 * @param law The law.
 * @param parameters N, all parameters of the model.
 * @param tokens D, tokens trained on.
 * @param unique Different tokens there are. @default {Infinity}
 * @returns Nats a token.
 *
 * @example
 * ```ts
 * import { predictLoss, SCALING_LAWS } from "@minnow/minnow";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const law = SCALING_LAWS.get("besiroglu");
 * if (law) assertAlmostEquals(predictLoss(law, 70e9, 1.4e12), 1.973, 0.001);
 * ```
 */
export function predictLoss(
  law: LawConstants,
  parameters: number,
  tokens: number,
  unique: number = Infinity,
): number {
  const { E, A, alpha, B, beta } = law;
  const data = tokens > unique ? effectiveTokens(unique, tokens) : tokens;
  const size = effectiveParameters(law, parameters, unique);
  return E + A / size ** alpha + B / data ** beta;
}

/** N' = U_N + U_N·R*·(1 − e^(−R/R*)), U_N being the best size for U tokens. */
function effectiveParameters(
  { A, alpha, B, beta }: LawConstants,
  parameters: number,
  unique: number,
): number {
  // On the optimum, αA·N^−α = βB·D^−β.
  const asked = (alpha * A / (beta * B) * unique ** beta) ** (1 / alpha);
  if (!(parameters > asked)) return parameters;
  const excess = parameters / asked - 1;
  return asked + asked * EXCESS_DECAY * -Math.expm1(-excess / EXCESS_DECAY);
}
