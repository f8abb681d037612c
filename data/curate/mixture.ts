import { InputError } from "../input_error.ts";
import { quote } from "../schema.ts";
import { effectiveTokens } from "./effective_tokens.ts";

/** A source of a mixture, and how much of it there shall be. */
export interface MixtureSource {
  /** What it is called in the configuration. */
  readonly name: string;
  /** Tokens that it has after curation. */
  readonly tokens: number;
  /**
   * Its share of the tokens that all sources with a weight have together, in
   * any unit: 3 is three times 1. Not together with `epochs`.
   */
  readonly weight?: number | null;
  /** How often it is gone through; 1 where it has no weight either. */
  readonly epochs?: number | null;
}

/** What a mixture takes of one source. */
export interface MixedSource {
  /** What it is called in the configuration. */
  readonly name: string;
  /** Tokens that it has. */
  readonly available: number;
  /**
   * How often it is gone through: each document so often as the integer part
   * says, and the share of documents that the fraction says once more.
   */
  readonly epochs: number;
  /** Tokens that it gives to training, as expected of `epochs`; rounded. */
  readonly tokens: number;
  /** Its part of the training tokens, 0 … 1. */
  readonly share: number;
  /** Tokens that are different ones: those that it gives at least once. */
  readonly unique: number;
  /** Tokens never seen before that would teach as much. */
  readonly effective: number;
}

/** What a mixture is made of. */
export interface Mixture {
  /** Each source, in the order given. */
  readonly sources: readonly MixedSource[];
  /** Training tokens of all together, as expected. */
  readonly tokens: number;
  /** Tokens that are different ones. */
  readonly unique: number;
  /** Tokens never seen before that would teach as much. */
  readonly effective: number;
}

/**
 * Computes how often each source of a mixture is gone through. Sources with
 * `epochs`, or with neither, give what these say; those with a weight share
 * what is left of `total` by their weights. Scarce ones are repeated, of
 * plentiful ones a part is taken.
 *
 * The discount for repeated tokens is taken source by source, as if each were
 * a corpus of its own ({@linkcode effectiveTokens}).
 *
 * @param sources Names, sizes, and weights or epochs.
 * @param total Training tokens of the mixture; without it, sources with weights
 * give as many tokens together as they have.
 * @returns What is taken of each.
 * @throws {InputError} If a name stands twice, a weight or a number of epochs is
 * negative, both are given, a weighted source is empty, or nothing is left.
 *
 * @example
 * ```ts
 * import { planMixture } from "./mixture.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { sources } = planMixture([
 *   { name: "web", tokens: 900, weight: 0.5 },
 *   { name: "books", tokens: 100, weight: 0.5 },
 * ], 400);
 * assertEquals(sources.map(({ tokens }) => tokens), [200, 200]);
 * assertEquals(sources[1].epochs, 2);
 * ```
 */
export function planMixture(
  sources: readonly MixtureSource[],
  total?: number | null,
): Mixture {
  check(sources);
  const fixed = sources.filter(({ weight }) => !isGiven(weight));
  const weighted = sources.filter(({ weight }) => isGiven(weight));
  const fixedTokens = sum(
    fixed.map((source) => epochsOf(source) * source.tokens),
  );
  const rest = isGiven(total)
    ? total - fixedTokens
    : sum(weighted.map(({ tokens }) => tokens));
  if (isGiven(total)) checkTotal(total, fixedTokens, weighted.length > 0);
  const weights = sum(weighted.map(({ weight }) => weight ?? 0));
  const mixed = sources.map((source) => {
    const { name, tokens, weight } = source;
    const epochs = isGiven(weight)
      ? weight === 0 ? 0 : rest * (weight / weights) / tokens
      : epochsOf(source);
    return mixedSource(name, tokens, snapped(epochs));
  });
  const tokens = sum(mixed.map((source) => source.tokens));
  if (tokens === 0) {
    throw new InputError(
      "Cannot mix the sources: nothing is left of them; raise a weight or " +
        "a number of epochs, or see which step dropped all documents",
    );
  }
  return {
    sources: mixed.map((source) => ({
      ...source,
      share: source.tokens / tokens,
    })),
    tokens,
    unique: sum(mixed.map(({ unique }) => unique)),
    effective: sum(mixed.map(({ effective }) => effective)),
  };
}

function mixedSource(
  name: string,
  available: number,
  epochs: number,
): MixedSource {
  const tokens = Math.round(available * epochs);
  const unique = Math.min(tokens, available);
  const effective = effectiveTokens(unique, tokens);
  return { name, available, epochs, tokens, share: 0, unique, effective };
}

/** A quotient that is an integer but for rounding asks for no fraction. */
function snapped(epochs: number): number {
  const whole = Math.round(epochs);
  return Math.abs(epochs - whole) <= 1e-9 * Math.max(1, whole) ? whole : epochs;
}

function check(sources: readonly MixtureSource[]): void {
  if (sources.length === 0) {
    throw new InputError("Cannot mix the sources: there are none; name one");
  }
  const names = new Set<string>();
  for (const { name, tokens, weight, epochs } of sources) {
    const wrong = (problem: string) =>
      new InputError(`Cannot mix the source ${quote(name)}: ${problem}`);
    if (names.has(name)) {
      throw wrong("another one has the same name; rename one");
    }
    names.add(name);
    if (!(Number.isSafeInteger(tokens) && tokens >= 0)) {
      throw new RangeError(`Source "${name}" cannot have ${tokens} tokens`);
    }
    if (isGiven(weight) && isGiven(epochs)) {
      throw wrong("it has a weight and epochs; give one of them");
    }
    for (const [key, value] of [["weight", weight], ["epochs", epochs]]) {
      if (isGiven(value) && !(Number.isFinite(value) && Number(value) >= 0)) {
        throw wrong(`its ${key} is ${quote(value)}; give 0 or more`);
      }
    }
    if (isGiven(weight) && weight > 0 && tokens === 0) {
      throw wrong(
        `its weight is ${weight}, but it has no tokens; leave it out, or ` +
          "see which step dropped all of its documents",
      );
    }
  }
  const weights = sources.map(({ weight }) => weight).filter(isGiven);
  if (weights.length > 0 && sum(weights) === 0) {
    throw new InputError(
      "Cannot mix the sources: all weights are 0; give one more than 0",
    );
  }
}

function checkTotal(total: number, fixed: number, weighted: boolean): void {
  if (!(Number.isFinite(total) && total > 0)) {
    throw new InputError(
      `Cannot mix ${quote(total)} tokens: give a number above 0`,
    );
  }
  if (!weighted) {
    throw new InputError(
      `Cannot mix ${total} tokens: no source has a weight, so that the ` +
        `epochs say the number (${fixed}); give one a weight, or leave the ` +
        "total out",
    );
  }
  if (total <= fixed) {
    throw new InputError(
      `Cannot mix ${total} tokens: sources without a weight give ${fixed} ` +
        "already; raise the total, or lower their epochs",
    );
  }
}

function epochsOf({ epochs }: MixtureSource): number {
  return epochs ?? 1;
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
