import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { estimatedSimilarity } from "../../../../data/curate/dedup/estimated_similarity.ts";
import { MinhashSigner } from "../../../../data/curate/dedup/minhash_signer.ts";
import { sharedData } from "../../shared_data.ts";
import { exactSimilarity, nearDuplicates } from "./near_duplicates.ts";

// The similarities are those of the test data's README.
for (
  const [first, second, expected] of [
    ["11", "alice30", 0.861],
    ["11", "11-0", 0.999],
    ["alice30", "11-0", 0.861],
  ] as const
) {
  Deno.test(`the editions ${first} and ${second} of Alice are as alike as estimated`, () => {
    const paths = [first, second].map((edition) =>
      sharedData(`dedup/alice_pg_${edition}.txt`)
    );
    if (paths[0] === null || paths[1] === null) return;
    const [a, b] = [paths[0], paths[1]].map((path) =>
      Deno.readTextFileSync(path)
    );
    const exact = exactSimilarity(a, b);
    assertAlmostEquals(exact, expected, 0.0006);
    assertAlmostEquals(estimatedSimilarity(a, b), exact, 0.05);
  });
}

Deno.test("nothing is like a text without words", () => {
  assertEquals(estimatedSimilarity("", ""), 0);
  assertEquals(estimatedSimilarity("word", "…"), 0);
  assertEquals(estimatedSimilarity("word", "WORD!"), 1);
});

Deno.test("estimates err as theory says, by chance and to both sides", () => {
  const { documents, pairs } = nearDuplicates("estimates", 3000);
  const texts = new Map(documents.map(({ id, text }) => [id, text]));
  const signer = new MinhashSigner({ words: 5, buckets: 14, hashes: 8 });
  const signatureOf = (text: string): Int32Array => {
    signer.sign(text);
    return signer.signature.slice();
  };
  /** Errors in standard deviations: of sketches, of signatures. */
  const errors: [number[], number[]] = [[], []];
  for (const { original, copy, similarity } of pairs) {
    if (similarity > 0.97) continue;
    const a = texts.get(original) ?? "";
    const b = texts.get(copy) ?? "";
    const variance = similarity * (1 - similarity);
    errors[0].push(
      (estimatedSimilarity(a, b) - similarity) / Math.sqrt(variance / 512),
    );
    const first = signatureOf(a);
    const second = signatureOf(b);
    const equal = first.filter((value, i) => value === second[i]).length;
    errors[1].push(
      (equal / 112 - similarity) / Math.sqrt(variance / 112),
    );
  }
  const [sketches, signatures] = errors.map((list) => {
    const mean = list.reduce((sum, x) => sum + x, 0) / list.length;
    const square = list.reduce((sum, x) => sum + (x - mean) ** 2, 0);
    return { mean, deviation: Math.sqrt(square / list.length) };
  });
  console.log({ sketches, signatures, pairs: errors[0].length });
  // Four standard deviations of a mean of some 280; sets much smaller than 512
  // are sketched with a smaller error.
  assert(Math.abs(sketches.mean) < 0.24 && sketches.deviation < 1);
  assert(Math.abs(signatures.mean) < 0.24);
  assertAlmostEquals(signatures.deviation, 1, 0.17);
});
