import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Permutation } from "../../data/permutation.ts";
import { Random } from "../../data/random.ts";

const keysOf = (random: Random): number[] =>
  Array.from({ length: Permutation.keyCount }, () => random.bits32());

Deno.test("every number stands at exactly one place, at any size", () => {
  const random = new Random("sizes");
  for (let size = 1; size <= 300; size++) {
    const permutation = new Permutation(size, keysOf(random));
    const seen = new Set<number>();
    for (let place = 0; place < size; place++) {
      const value = permutation.at(place);
      assert(value >= 0 && value < size);
      seen.add(value);
    }
    assertEquals(seen.size, size);
  }
});

Deno.test("numbers of 50 bits stay inside and apart", () => {
  const size = 2 ** 50 - 12_345;
  const permutation = new Permutation(size, keysOf(new Random(1)));
  const seen = new Set<number>();
  for (let i = 0; i < 10_000; i++) {
    const value = permutation.at(i);
    assert(Number.isInteger(value) && value >= 0 && value < size);
    seen.add(value);
  }
  assertEquals(seen.size, 10_000);
});

Deno.test("every value is equally likely at every place", () => {
  const random = new Random("uniform");
  const size = 6;
  const trials = 12_000;
  const counts = new Array<number>(size * size).fill(0);
  for (let trial = 0; trial < trials; trial++) {
    const permutation = new Permutation(size, keysOf(random));
    for (let i = 0; i < size; i++) counts[i * size + permutation.at(i)]++;
  }
  // Standard deviation of one count is 41; the small network is not perfect.
  for (const count of counts) {
    assertAlmostEquals(count, trials / size, 250);
  }
});

Deno.test("neighbouring places hold unrelated values", () => {
  const size = 100_000;
  const permutation = new Permutation(size, keysOf(new Random("neighbours")));
  let product = 0;
  for (let i = 0; i + 1 < size; i++) {
    const a = permutation.at(i) / size - 0.5;
    const b = permutation.at(i + 1) / size - 0.5;
    product += a * b * 12 / size;
  }
  // Correlation; one standard error is 1/sqrt(size).
  assertAlmostEquals(product, 0, 5 / Math.sqrt(size));
});
