import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { WordFeatures } from "../../../../data/curate/quality/word_features.ts";
import { Random } from "../../../../data/random.ts";

const OPTIONS = { ngrams: 2, bits: 18 };

/** A text's numbers by bucket, in the order of buckets. */
function featuresOf(text: string, options = OPTIONS): [number, number][] {
  const { indices, values } = new WordFeatures(options).vectorOf(text);
  return [...indices].map((index, i): [number, number] => [index, values[i]])
    .sort(([a], [b]) => a - b);
}

Deno.test("case, blanks and digits do not matter, words and order do", () => {
  const reference = featuresOf("The year 1984, it was.");
  assertEquals(featuresOf("the  YEAR\n2025 ,it was ."), reference);
  assertNotEquals(featuresOf("The year 84, it was."), reference);
  assertNotEquals(featuresOf("year The 1984, it was."), reference);
  const single = { ...OPTIONS, ngrams: 1 };
  assertEquals(
    featuresOf("year The 1984, it was.", single),
    featuresOf("The year 1984, it was.", single),
  );
});

Deno.test("words, marks and their pairs are counted", () => {
  // a, b, c and ! are four words, with three pairs: a b, b c, c !
  assertEquals(featuresOf("a b c!").length, 7);
  assertEquals(featuresOf("a b c!", { ngrams: 1, bits: 18 }).length, 4);
  // And two triples.
  assertEquals(featuresOf("a b c!", { ngrams: 3, bits: 18 }).length, 9);
  // Scripts without gaps: each character is a word.
  assertEquals(featuresOf("日本語", { ngrams: 1, bits: 18 }).length, 3);
  assertEquals(featuresOf("русский язык", { ngrams: 1, bits: 18 }).length, 2);
});

Deno.test("counts are damped by the logarithm, and the vector has length one", () => {
  const [[, one], [, other]] = featuresOf("a a a a a b", {
    ngrams: 1,
    bits: 18,
  });
  // ln(1 + 5) against ln(1 + 1), in whichever order the buckets are.
  const ratio = Math.max(
    Math.abs(one / other),
    Math.abs(other / one),
  );
  assertAlmostEquals(ratio, Math.log(6) / Math.log(2), 1e-6);
  const long = featuresOf("It is a truth universally acknowledged. ".repeat(9));
  const squares = long.reduce((sum, [, value]) => sum + value * value, 0);
  assertAlmostEquals(squares, 1, 1e-6);
});

Deno.test("a text without words has no features", () => {
  const features = new WordFeatures(OPTIONS);
  for (const text of ["", " \n\t\u0000\u00a0"]) {
    assertEquals(features.vectorOf(text).indices.length, 0);
    assertEquals(features.dot(text, new Float32Array(2 ** 18).fill(1)), 0);
  }
});

Deno.test("the product with weights is that of the vector", () => {
  const seed = Date.now();
  const random = new Random(seed);
  const features = new WordFeatures({ ngrams: 3, bits: 8 });
  const weights = Float32Array.from({ length: 256 }, () => random.normal());
  for (let round = 0; round < 50; round++) {
    // Few buckets, so that words of opposite sign meet in them.
    const text = Array.from(
      { length: random.integer(400) },
      () => random.pick(["a", "bb", "c", "Dd", ".", "7", "\n", "é", "語"]),
    ).join(" ");
    const { indices, values } = features.vectorOf(text);
    assertEquals(new Set(indices).size, indices.length, `seed ${seed}`);
    let product = 0;
    indices.forEach((index, i) => product += weights[index] * values[i]);
    assertAlmostEquals(
      features.dot(text, weights),
      product,
      1e-5,
      `seed ${seed}, round ${round}`,
    );
  }
});

Deno.test("lone halves of surrogate pairs are no error", () => {
  assert(featuresOf("a \ud800 b \udc00\ud800").length > 0);
});

Deno.test("buckets and runs have bounds", () => {
  for (const bits of [7, 25, 10.5]) {
    assertThrows(() => new WordFeatures({ ngrams: 1, bits }), RangeError);
  }
  for (const ngrams of [0, 6, 1.5]) {
    assertThrows(() => new WordFeatures({ ngrams, bits: 10 }), RangeError);
  }
});
