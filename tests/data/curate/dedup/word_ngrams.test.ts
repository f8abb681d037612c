import { assertEquals, assertNotEquals } from "@std/assert";
import {
  CONTAMINATION_RULE,
  DUPLICATE_RULE,
} from "../../../../data/curate/dedup/character_rule.ts";
import { WordNgrams } from "../../../../data/curate/dedup/word_ngrams.ts";
import { WordHasher } from "../../../../data/curate/dedup/word_hasher.ts";

type Rule = typeof DUPLICATE_RULE;

/** The words of a text as they stand in it. */
function words(text: string, rule: Rule): string[] {
  const scanner = new WordHasher(rule);
  const count = scanner.scan(text);
  return Array.from(
    { length: count },
    (_, i) => text.slice(scanner.starts[i], scanner.ends[i]),
  );
}

/** The words' hashes. */
function hashes(text: string, rule: Rule): string[] {
  const scanner = new WordHasher(rule);
  const count = scanner.scan(text);
  return Array.from(
    { length: count },
    (_, i) => `${scanner.low[i]} ${scanner.high[i]}`,
  );
}

Deno.test("duplicates are compared without case, digits, punctuation, accents", () => {
  assertEquals(
    words("Don’t — “stop”, 3.14€\u00a0now!", DUPLICATE_RULE),
    ["Don", "t", "stop", "3", "14", "now"],
  );
  for (
    const [a, b] of [
      ["Café NAÏVE", "cafe naive"],
      ["cafe\u0301 nai\u0308ve", "café naïve"],
      ["Ἀθῆναι", "αθηναι"],
      ["in 1984", "IN 2025"],
      ["a-b_c/d", "a b  c\n\td"],
      ["٣٤", "12"],
    ]
  ) assertEquals(hashes(a, DUPLICATE_RULE), hashes(b, DUPLICATE_RULE), a);
  for (
    const [a, b] of [
      ["ab c", "a bc"],
      ["ab", "ba"],
      ["10", "100"],
      ["resume", "resumes"],
      ["각", "간"],
    ]
  ) assertNotEquals(hashes(a, DUPLICATE_RULE), hashes(b, DUPLICATE_RULE), a);
});

Deno.test("evaluation sets are compared by words at white space", () => {
  assertEquals(
    words(" Don't -- stop, 3.14 (now)! ", CONTAMINATION_RULE),
    ["Don't", "stop,", "3.14", "now)!"],
  );
  assertEquals(
    hashes("Don't stop, 3.14 (now)!", CONTAMINATION_RULE),
    hashes("dont STOP 314\nnow", CONTAMINATION_RULE),
  );
});

Deno.test("scripts without spaces have a word a character", () => {
  for (const rule of [DUPLICATE_RULE, CONTAMINATION_RULE]) {
    assertEquals(words("東京へgo 行く", rule), [
      "東",
      "京",
      "へ",
      "go",
      "行",
      "く",
    ]);
  }
  // Outside the basic plane, halves of pairs are letters.
  assertEquals(words("𝔘𝔫 𝔡", DUPLICATE_RULE), ["𝔘𝔫", "𝔡"]);
});

Deno.test("an n-gram's hash depends on its words and their order alone", () => {
  const ngrams = new WordNgrams(3, DUPLICATE_RULE);
  const of = (text: string): string[] => {
    const count = ngrams.scan(text, true);
    return Array.from(
      { length: count },
      (_, i) => `${ngrams.low[i]} ${ngrams.high[i]}`,
    );
  };
  const long = of("x y a b c a b c z");
  assertEquals(long.length, 7);
  assertEquals(new Set(long).size, 6);
  assertEquals(long[2], long[5]);
  assertEquals(of("a b c"), [long[2]]);
  assertNotEquals(of("a c b"), [long[2]]);
  // Fewer words than an n-gram has are one, unless told otherwise.
  assertEquals(of("a b").length, 1);
  assertEquals(ngrams.scan("a b", false), 0);
  assertEquals(of("…!"), []);
});

Deno.test("hashes of a million n-grams do not collide", () => {
  const ngrams = new WordNgrams(2, DUPLICATE_RULE);
  const letters = "abcdefghij";
  const text = Array.from(
    { length: 1_000_000 },
    (_, i) => Array.from(String(i), (digit) => letters[Number(digit)]).join(""),
  ).join(" ");
  const count = ngrams.scan(text, false);
  const keys = new BigUint64Array(count);
  for (let i = 0; i < count; i++) {
    keys[i] = BigInt(ngrams.low[i] >>> 0) << 32n |
      BigInt(ngrams.high[i] >>> 0);
  }
  keys.sort();
  // Of 10^6 random 64-bit numbers two are equal once in 37 million times.
  assertEquals(keys.findIndex((key, i) => i > 0 && key === keys[i - 1]), -1);
});
