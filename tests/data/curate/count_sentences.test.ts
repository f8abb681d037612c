import { assertEquals } from "@std/assert";
import { countSentences } from "../../../data/curate/count_sentences.ts";

Deno.test("sentences end at points, question and exclamation marks", () => {
  assertEquals(countSentences("One. Two? Three! Four"), 4);
  assertEquals(countSentences('"One," he said. "Two?!" (Three.)'), 3);
  assertEquals(countSentences("一。二！三？"), 3);
  assertEquals(countSentences(""), 0);
  assertEquals(countSentences("?! ..."), 0);
});

Deno.test("abbreviations, numbers and ellipses end none", () => {
  assertEquals(countSentences("Mr. Smith vs. Dr. Who, e.g. in the U.S. is"), 1);
  assertEquals(countSentences("It costs 3.50 at example.com... or more"), 1);
});
