import { assertEquals } from "@std/assert";
import { parseStep } from "../../../data/curate/step_catalog.ts";
import { checkThresholds, judgeWith, outcome, reason } from "./judge.ts";

// All rules: Raffel et al. 2020, section 2.2.
Deno.test("each C4 line rule drops its line and no other", async () => {
  const long = (length: number) => `a ${"b".repeat(length)} c`;
  const table: readonly (readonly [kept: string, dropped: string])[] = [
    ["one two three", "one two"],
    [long(1000), long(1001)],
    // 1,000 characters beyond U+FFFF are 2,000 units.
    [`a ${"𝐀".repeat(1000)} c`, `a ${"𝐀".repeat(1001)} c`],
    ["we drink coffee, not java script", "Please enable JavaScript to go on"],
    ["these are terms for use", "see our Terms of Use here"],
    ["a private policy of ours", "read the Privacy Policy today"],
    ["a policy on cookies here", "our Cookie Policy is here"],
    ["she bakes cookies every day", "this site uses cookies for you"],
    ["the use of a cookie", "about the use of cookies here"],
    ["we used cookies before that", "we use cookies on it"],
  ];
  const judge = await judgeWith("c4_lines");
  for (const [kept, dropped] of table) {
    assertEquals(
      outcome(judge(`${kept}\n${dropped}\n${kept}`)),
      [kept, kept]
        .join("\n"),
    );
  }
});

Deno.test("citations are cut out and blanks around lines", async () => {
  const judge = await judgeWith("c4_lines");
  assertEquals(
    outcome(judge("  A fact[12] of life[] here[edit] [citation needed]\n\n")),
    "A fact of life here",
  );
  assertEquals(outcome(judge("[1][2] [3] [edit]\nno")), "[no_lines_left]");
  const keeping = await judgeWith({ c4_lines: { remove_citations: false } });
  assertEquals(outcome(keeping("A fact[12] of life")), "A fact[12] of life");
});

Deno.test("lines without punctuation go only if that is asked", async () => {
  const judge = await judgeWith({ c4_lines: { terminal_punctuation: true } });
  const kept = ["He said so.", "Did he so?", "So he did!", 'He said "so"'];
  const gone = ["He said so", "He said so...", "He said so…", "He said so,"];
  for (const line of kept) assertEquals(outcome(judge(line)), line);
  for (const line of gone) {
    assertEquals(outcome(judge(line)), "[no_lines_left]");
  }
});

Deno.test("blank lines stay where paragraphs have to", async () => {
  const text = "\nOne two three.\n\nno\n\n\nFour five six.\n\nno\n";
  const judge = await judgeWith("c4_lines");
  assertEquals(outcome(judge(text)), "One two three.\nFour five six.");
  const keeping = await judgeWith({ c4_lines: { keep_blank_lines: true } });
  assertEquals(outcome(keeping(text)), "One two three.\n\nFour five six.");
});

Deno.test("a piece that goes on ends in a line end", async () => {
  const step = await parseStep("c4_lines", "test");
  if (step.kind !== "document") throw new Error("not a document step");
  const piece = { id: "a", text: "One two three\nno\n", continues: true };
  assertEquals(step.judge(piece), { ...piece, text: "One two three\n" });
});

Deno.test("each C4 document rule has its threshold", async () => {
  await checkThresholds("c4_documents", [
    {
      rule: "lorem_ipsum",
      kept: "Lorem. Ipsum. Dolor. Sit. Amet.",
      dropped: "A. Lorem Ipsum. Dolor. Sit. Amet. Consectetur.",
    },
    {
      rule: "curly_bracket",
      kept: "One. Two. Three. Four. Five }.",
      dropped: "One. Two. Three. Four. Five {.",
    },
    {
      rule: "too_few_sentences",
      kept: "One. Two? Three!\nFour\nFive",
      dropped: "One. Two? Three!\nFour five",
    },
  ]);
});

Deno.test("C4 document rules can be turned off", async () => {
  const judge = await judgeWith({
    c4_documents: {
      drop_lorem_ipsum: false,
      drop_curly_brackets: false,
      min_sentences: 0,
    },
  });
  assertEquals(reason(judge("lorem ipsum {")), "kept");
});
