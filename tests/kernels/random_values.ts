import { Random } from "../../data/random.ts";

/** Normal values that f32 holds exactly, the same for the same seed. */
export function randomValues(seed: string, count: number): Float64Array {
  const random = new Random(seed);
  return Float64Array.from(
    { length: count },
    () => Math.fround(random.normal()),
  );
}

/** Integers from 0 up to a bound, the same for the same seed. */
export function randomIntegers(
  seed: string,
  count: number,
  below: number,
): Uint32Array {
  const random = new Random(seed);
  return Uint32Array.from({ length: count }, () => random.integer(below));
}
