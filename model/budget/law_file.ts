import { fieldOf } from "../../data/field_of.ts";
import { InputError } from "../../data/input_error.ts";
import {
  integer,
  number,
  parseField,
  quote,
  type Section,
} from "../../data/schema.ts";
import type { FittedLaw } from "./fit_law.ts";
import type { LawConstants, ScalingLaw } from "./scaling_law.ts";

/** Says what the file is, to people and to the reader. */
const FORMAT = "minnow scaling law 1";

const CONSTANTS: Section<LawConstants> = {
  E: constant({ minimum: 0, maximum: 100 }, "loss that is never gone below"),
  A: constant({ above: 0, maximum: 1e12 }, "weight of the model's size"),
  alpha: constant({ above: 0, maximum: 3 }, "exponent of the model's size"),
  B: constant({ above: 0, maximum: 1e12 }, "weight of the amount of data"),
  beta: constant({ above: 0, maximum: 3 }, "exponent of the amount of data"),
};

/**
 * Writes a fitted law, as `law.json`.
 *
 * @param fit The law.
 * @param runs What is known of the runs besides: rows of their token tables,
 * their largest amount of training.
 * @returns JSON that {@linkcode parseLaw} reads.
 *
 * @example
 * ```ts
 * import { fitLaw, parseLaw, predictLoss, stringifyLaw } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const planted = { E: 1.5, A: 20, alpha: 0.3, B: 50, beta: 0.35 };
 * const points = [1e6, 4e6, 16e6].flatMap((parameters) =>
 *   [1e7, 4e7, 16e7].map((tokens) => ({
 *     parameters,
 *     tokens,
 *     loss: predictLoss(planted, parameters, tokens),
 *   }))
 * );
 * const fit = fitLaw(points, { resamples: 10 });
 * const text = stringifyLaw(fit, { vocabulary: 272, flops: 1.5e17 });
 * const law = parseLaw(text, "law.json");
 * assertEquals(law.alpha, fit.constants.alpha);
 * assertEquals([law.vocabulary, law.flops], [272, 1.5e17]);
 * ```
 */
export function stringifyLaw(
  fit: FittedLaw,
  { vocabulary, flops }: Pick<ScalingLaw, "vocabulary" | "flops"> = {},
): string {
  const content = { format: FORMAT, vocabulary, flops, ...fit };
  return JSON.stringify(content, null, 2) + "\n";
}

/**
 * Reads a `law.json`.
 *
 * @param text The file's text, from the outside.
 * @param source Its name, for messages.
 * @returns The law; its name is the file's.
 * @throws {InputError} If it is no law, or a constant is not allowed.
 *
 * @example
 * ```ts
 * import { parseLaw } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const text = JSON.stringify({
 *   format: "minnow scaling law 1",
 *   constants: { E: 1.5, A: 20, alpha: 0.3, B: 50, beta: 0.35 },
 * });
 * assertEquals(parseLaw(text, "law.json").alpha, 0.3);
 * ```
 */
export function parseLaw(text: string, source: string): ScalingLaw {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${source}: is not valid JSON`, { cause: error });
  }
  const format = fieldOf(json, "format");
  if (format !== FORMAT) {
    throw new InputError(
      `${source}: "format" is ${quote(format)}; it must be ${quote(FORMAT)}`,
    );
  }
  const constants = fieldOf(json, "constants");
  const read = (key: keyof LawConstants) =>
    parseField(
      CONSTANTS[key],
      fieldOf(constants, key),
      `constants.${key}`,
      source,
    );
  const known = (key: keyof typeof RUNS) => {
    const value = fieldOf(json, key);
    return value === undefined
      ? {}
      : { [key]: parseField(RUNS[key], value, key, source) };
  };
  return {
    name: source,
    source,
    ...known("vocabulary"),
    ...known("flops"),
    E: read("E"),
    A: read("A"),
    alpha: read("alpha"),
    B: read("B"),
    beta: read("beta"),
  };
}

const RUNS = {
  vocabulary: integer({
    default: 1,
    minimum: 1,
    description: "rows of the token table",
  }),
  flops: number({
    default: 1,
    above: 0,
    description: "largest amount of training, in FLOP",
  }),
};

function constant(
  bounds: { minimum?: number; above?: number; maximum: number },
  description: string,
) {
  return number({ default: 1, description, ...bounds });
}
