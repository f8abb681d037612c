import { assert, assertEquals } from "@std/assert";
import {
  VOCABULARY_SIZES,
  vocabularySize,
} from "../../../model/budget/vocabulary_law.ts";

Deno.test("vocabularies grow with training and shrink with width", () => {
  let last = 0;
  for (let flops = 1e10; flops < 1e23; flops *= 10) {
    const size = vocabularySize(flops, 512);
    assert(size >= last && VOCABULARY_SIZES.includes(size));
    last = size;
  }
  assertEquals(last, 32_768);
  assert(vocabularySize(1e18, 256) > vocabularySize(1e18, 1024));
});

Deno.test("the size is the nearest to the law's, by ratio", () => {
  // 0.2041 · (1e18)^0.41636 = 6.373 M parameters of the table; half-way from
  // 4096 to 8192 by ratio is 5793.
  assertEquals(vocabularySize(1e18, 6.373e6 / 5750), 4096);
  assertEquals(vocabularySize(1e18, 6.373e6 / 5840), 8192);
  assertEquals(vocabularySize(1e9, 64), 4096);
});
