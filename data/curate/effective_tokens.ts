/**
 * Repetitions after which a further one teaches 1/e of what the first reading
 * did (R*_D as fitted by Muennighoff et al., arXiv:2305.16264).
 */
const DECAY = 15.387756;

/**
 * How many tokens never seen before would teach as much as `unique` tokens gone
 * through again and again: D' = U + U·R*·(1 − e^(−R/R*)) with R = D/U − 1
 * repetitions (Muennighoff et al., "Scaling Data-Constrained Language Models",
 * arXiv:2305.16264, equation 5). Four epochs are worth 3.7, and no number of
 * epochs more than 16.4.
 *
 * @param unique U, different tokens, 0 or more.
 * @param tokens D, tokens trained on, at least `unique`.
 * @returns D', between the two.
 * @throws {RangeError} If there are fewer tokens than different ones.
 */
export function effectiveTokens(unique: number, tokens: number): number {
  if (!(unique >= 0 && tokens >= unique)) {
    throw new RangeError(
      `Cannot see ${unique} different tokens among ${tokens}`,
    );
  }
  if (unique === 0) return 0;
  const repetitions = tokens / unique - 1;
  return unique + unique * DECAY * -Math.expm1(-repetitions / DECAY);
}
