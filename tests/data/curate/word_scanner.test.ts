import { assert, assertEquals } from "@std/assert";
import { WordScanner } from "../../../data/curate/word_scanner.ts";
import { Random } from "../../../data/random.ts";

function words(text: string): string[] {
  const scanner = new WordScanner(text);
  const found: string[] = [];
  while (scanner.next()) found.push(text.slice(scanner.start, scanner.end));
  return found;
}

// spaCy 3.8's English tokenizer splits these the same way.
const LIKE_SPACY: readonly (readonly [string, string])[] = [
  ["Hello, world!", "Hello , world !"],
  ['("well-known")', '( " well - known " )'],
  ["$5.00 1,000 10:30 10%", "$ 5.00 1,000 10:30 10 %"],
  ["U.S. e.g. a.m. end.", "U.S. e.g. a.m. end ."],
  ["that ends.Next one", "that ends . Next one"],
  ["it's don't they're I’ll CAN'T", "it 's do n't they 're I ’ll CA N'T"],
  ["rock'n'roll 'quoted'", "rock'n'roll ' quoted '"],
  ["wait... wait… it--that", "wait ... wait … it -- that"],
  ["foo@bar.com A&B _x_ #tag", "foo@bar.com A&B _ x _ # tag"],
  ["x/y é e\u0301 日本語", "x / y é e\u0301 日本語"],
];

Deno.test("words are what tokenizers for English take for words", () => {
  for (const [text, expected] of LIKE_SPACY) {
    assertEquals(words(text), expected.split(" "), text);
  }
});

Deno.test("length counts characters, symbols are no words", () => {
  const text = "ab 𝐀b 😀 7 - 🏴x";
  const scanner = new WordScanner(text);
  const seen: unknown[] = [];
  while (scanner.next()) {
    seen.push([scanner.length, scanner.isWord, scanner.hasLetter]);
  }
  assertEquals(seen, [
    [2, true, true],
    [2, true, true],
    [1, false, false],
    [1, true, false],
    [1, false, false],
    [1, false, false],
    [1, true, true],
  ]);
});

Deno.test("words leave out white space and nothing else", () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  console.log(`seed ${seed}`);
  const random = new Random(seed);
  const pieces = [..." \n\tab'’.,-:/_@&#9Z…é\u0301\u200d😀𝐀世", "n't", "'s"];
  for (let trial = 0; trial < 2000; trial++) {
    const text = Array.from(
      { length: 1 + random.integer(12) },
      () => pieces[random.integer(pieces.length)],
    ).join("");
    assertEquals(words(text).join(""), text.replace(/\s/g, ""), text);
    assert(words(text).every((word) => word !== ""), text);
  }
});

Deno.test("half a character does not stop the walk", () => {
  assertEquals(words("a\ud800 \udc00b \ud800"), [
    "a",
    "\ud800",
    "\udc00",
    "b",
    "\ud800",
  ]);
});
