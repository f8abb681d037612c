import { assertEquals } from "@std/assert";
import { checkThresholds, judgeWith, reason } from "./judge.ts";

/** `count` words, two of them stop words, each of five letters or fewer. */
function prose(count: number): string {
  return `the and ${"other ".repeat(count - 2)}`;
}

function lines(count: number, of: number, marked: string, plain: string) {
  return Array.from({ length: of }, (_, i) => i < count ? marked : plain)
    .join("\n");
}

// All thresholds: Rae et al. 2021, appendix A1.1.
Deno.test("each Gopher quality rule has its threshold", async () => {
  await checkThresholds("gopher_quality", [
    { rule: "too_few_words", kept: prose(50), dropped: prose(49) },
    // Symbols are no words.
    {
      rule: "too_few_words",
      kept: `${prose(50)} - - !`,
      dropped: `${prose(49)} - - !`,
    },
    { rule: "too_many_words", kept: prose(100_000), dropped: prose(100_001) },
    // 3 · 60 = 180 letters in 60 words.
    {
      rule: "short_words",
      kept: `the and ${"abc ".repeat(58)}`,
      dropped: `the and ab ${"abc ".repeat(57)}`,
    },
    // 2 · 3 + 2 · 17 + 56 · 10 = 600 letters in 60 words.
    {
      rule: "long_words",
      kept: `the and ${"seventeen_letters ".repeat(2)}` +
        "tenletters ".repeat(56),
      dropped: `the and ${"seventeen_letters ".repeat(2)}` +
        `elevenmarks ${"tenletters ".repeat(55)}`,
    },
    // 90 words and 10 signs are 100.
    {
      rule: "many_hashes",
      kept: prose(90) + "# ".repeat(10),
      dropped: prose(89) + "# ".repeat(11),
    },
    {
      rule: "many_ellipses",
      kept: "... … ".repeat(5) + prose(90),
      dropped: "... … ".repeat(5) + "... " + prose(89),
    },
    {
      rule: "many_bullet_lines",
      kept: lines(18, 20, " - the and of more", "the and of more"),
      dropped: lines(19, 20, "• the and of more", "the and of more"),
    },
    {
      rule: "many_ellipsis_lines",
      kept: lines(6, 20, "the and of more... ", "the and of more"),
      dropped: lines(7, 20, "the and of more…", "the and of more"),
    },
    {
      rule: "few_words_with_letters",
      kept: prose(80) + "123 ".repeat(10) + "! ".repeat(10),
      dropped: prose(79) + "123 ".repeat(11) + "! ".repeat(10),
    },
    {
      rule: "few_stop_words",
      kept: `the, and ${"other ".repeat(60)}`,
      dropped: `the the The ${"other ".repeat(60)}`,
    },
  ]);
});

Deno.test("Gopher quality options move the thresholds", async () => {
  const judge = await judgeWith({
    gopher_quality: { min_words: 3, min_stop_words: 1, stop_words: ["der"] },
  });
  assertEquals(reason(judge("der rote Faden")), "kept");
  assertEquals(reason(judge("the red thread")), "few_stop_words");
  assertEquals(reason(judge("der Faden")), "too_few_words");
});

Deno.test("a text without words is too short, whatever the options", async () => {
  const judge = await judgeWith("gopher_quality");
  assertEquals(reason(judge("")), "too_few_words");
  const none = await judgeWith({
    gopher_quality: {
      min_words: 0,
      min_mean_word_length: 0,
      min_words_with_letters: 0,
      min_stop_words: 0,
    },
  });
  assertEquals(reason(none("")), "kept");
});
