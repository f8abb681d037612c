import { mix32 } from "../../data/mix32.ts";

/**
 * Weights and tokens that `make_parity.py` and the tests make alike, so that no
 * weight has to be checked in.
 *
 * A text's seed is its 32-bit FNV-1a hash over UTF-8 (offset basis 0x811c9dc5,
 * prime 0x01000193). Draw i of the seed s is h(s, i) = mix32(s + i · 0x9e3779b9
 * modulo 2^32), where mix32 is MurmurHash3's finaliser.
 *
 * - Entry i of the parameter with the name n, row-major, is
 *   ((h(n, i) >> 16) − 2^15) · 2^−18: uniform in [−1/8, 1/8). For the weight of
 *   a norm, whose name ends in `ln_1`, `ln_2`, `ln_f`, `norm` or `layernorm`
 *   before `.weight`, 1 is added, and for names that end in `resid_lambda` or
 *   `value_lambda`. All are exact in f32.
 * - Batch b has two rows of 38 tokens. Token i, counted over the rows, is
 *   ⌊u² · 1003 / 2^32⌋ with u = h(`batch/b`, i) >> 16: small ids are likelier, so
 *   that there is something to learn. Inputs are a row's first 37 tokens,
 *   targets its last 37.
 */
const GOLDEN = 0x9e3779b9;

/** Rows of a batch, B. */
export const BATCH = 2;

/** Tokens of a sequence, T. */
export const CONTEXT = 37;

/** Ids of tokens. */
export const VOCABULARY = 1003;

/**
 * @param name Full name of a parameter.
 * @param count How many entries it has.
 * @returns Its entries, row-major.
 */
export function parityWeights(
  name: string,
  count: number,
): Float32Array<ArrayBuffer> {
  const seed = fnv1a(name);
  const ones = /(ln_1|ln_2|ln_f|norm)\.weight$|(resid|value)_lambda$/;
  const center = ones.test(name) ? 1 : 0;
  return Float32Array.from(
    { length: count },
    (_, i) => center + ((draw(seed, i) >>> 16) - 0x8000) / 0x40000,
  );
}

/**
 * @param batch Number of the batch, from 0.
 * @returns Inputs and targets, each (B, T).
 */
export function parityBatch(
  batch: number,
): { readonly inputs: Uint32Array; readonly targets: Uint32Array } {
  const seed = fnv1a(`batch/${batch}`);
  const inputs = new Uint32Array(BATCH * CONTEXT);
  const targets = new Uint32Array(BATCH * CONTEXT);
  for (let row = 0; row < BATCH; row++) {
    for (let t = 0; t <= CONTEXT; t++) {
      const u = draw(seed, row * (CONTEXT + 1) + t) >>> 16;
      const token = Math.floor(u * u * VOCABULARY / 0x100000000);
      if (t < CONTEXT) inputs[row * CONTEXT + t] = token;
      if (t > 0) targets[row * CONTEXT + t - 1] = token;
    }
  }
  return { inputs, targets };
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}

function draw(seed: number, index: number): number {
  return mix32((seed + Math.imul(index, GOLDEN)) >>> 0);
}
