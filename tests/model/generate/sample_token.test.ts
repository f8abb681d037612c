import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Random } from "../../../data/random.ts";
import {
  sampleToken,
  type SamplingOptions,
} from "../../../model/generate/sample_token.ts";

/** Probabilities of four tokens, and ids that are no tokens. */
const PROBABILITIES = [1 / 2, 1 / 8, 1 / 4, 1 / 8];
const LOGITS = Float32Array.of(...PROBABILITIES.map(Math.log), 100, 100);

/** How often each id is chosen. */
function shares(options: Partial<SamplingOptions>, draws = 8000): number[] {
  const random = new Random("shares");
  const all = { temperature: 1, topK: 0, topP: 1, ...options };
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < draws; i++) {
    counts[sampleToken(LOGITS, 4, all, random)]++;
  }
  return counts.map((count) => count / draws);
}

function assertShares(actual: number[], expected: number[]): void {
  // Four standard deviations of 8,000 draws are at most .022.
  expected.forEach((share, id) =>
    share === 0
      ? assertEquals(actual[id], 0)
      : assertAlmostEquals(actual[id], share, 0.022)
  );
}

Deno.test("tokens are drawn with their probabilities", () => {
  assertShares(shares({}), PROBABILITIES);
  // Temperature 2: probabilities to the power 1/2, of a new sum.
  const roots = PROBABILITIES.map(Math.sqrt);
  const sum = roots.reduce((a, b) => a + b);
  assertShares(shares({ temperature: 2 }), roots.map((root) => root / sum));
});

Deno.test("temperature 0 takes the likeliest, the lower id of equal ones", () => {
  const greedy = { temperature: 0, topK: 0, topP: 1 };
  const random = new Random(1);
  assertEquals(sampleToken(LOGITS, 4, greedy, random), 0);
  const equal = Float32Array.of(1, 5, 5, 2);
  assertEquals(sampleToken(equal, 4, greedy, random), 1);
  // Chance was not used.
  assertEquals(random.uniform(), new Random(1).uniform());
});

Deno.test("top-k and top-p leave the likeliest tokens to choose from", () => {
  assertShares(shares({ topK: 1 }), [1, 0, 0, 0]);
  assertShares(shares({ topK: 2 }), [2 / 3, 0, 1 / 3, 0]);
  assertShares(shares({ topK: 99 }), PROBABILITIES);
  assertShares(shares({ topP: 0.49 }), [1, 0, 0, 0]);
  assertShares(shares({ topP: 0.51 }), [2 / 3, 0, 1 / 3, 0]);
  assertShares(shares({ topP: 0.76 }), [4 / 7, 1 / 7, 2 / 7, 0]);
  assertShares(shares({ topP: 1e-9 }), [1, 0, 0, 0]);
  // Of the two that top-k leaves, the first has two thirds.
  assertShares(shares({ topK: 2, topP: 0.6 }), [1, 0, 0, 0]);
});

Deno.test("huge logits and tiny temperatures stay numbers", () => {
  const random = new Random(3);
  const options = { temperature: 1e-4, topK: 0, topP: 1 };
  const huge = Float32Array.of(-3e38, 3e38, 2.9e38);
  for (let i = 0; i < 20; i++) {
    assertEquals(sampleToken(huge, 3, options, random), 1);
  }
  const broken = new Float32Array(3).fill(NaN);
  assert(sampleToken(broken, 3, options, random) < 3);
});
