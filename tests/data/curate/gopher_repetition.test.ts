import { assertEquals } from "@std/assert";
import { GOPHER_REPETITION } from "../../../data/curate/gopher_repetition.ts";
import { RepeatedWords } from "../../../data/curate/repeated_words.ts";
import { Random } from "../../../data/random.ts";
import { checkThresholds, judgeWith, reason } from "./judge.ts";

/** Words of five letters, all different. */
function fresh(count: number, from = 0): string[] {
  return Array.from(
    { length: count },
    (_, i) => "w" + (from + i).toString(36).padStart(4, "q"),
  );
}

/** `size` words twice with fresh words between and after, a line in all. */
function repeating(size: number, words: number): string {
  const run = fresh(size);
  const rest = fresh(words - 2 * size, size);
  return [...run, ...rest.slice(0, 9), ...run, ...rest.slice(9)].join(" ");
}

/** The first of the words again and again, with fresh ones between. */
function frequent(size: number, times: number, characters: number): string {
  const run = fresh(size);
  const parts: string[] = [];
  let next = size;
  for (let i = 0; i < times; i++) parts.push(...run, ...fresh(3, next += 3));
  const text = parts.join(" ") + " ";
  return text + "x".repeat(characters - text.length);
}

/** Everything off but one rule, which has its default. */
function only(option: string): unknown {
  const off = Object.keys(GOPHER_REPETITION.options)
    .filter((name) => name !== option).map((name) => [name, 1]);
  return { gopher_repetition: Object.fromEntries(off) };
}

// All thresholds: Rae et al. 2021, table A1.
Deno.test("each Gopher rule on lines and paragraphs has its threshold", async () => {
  const parts = (duplicates: number, end: string, all = 10) =>
    [...Array(duplicates + 1).fill("ab"), ...fresh(all - duplicates - 1)]
      .join(end);
  // `ab` twice more in a text of just so many characters.
  const characters = (count: number, end: string) => {
    const text = ["ab", "ab", "ab", ""].join(end);
    return text + "x".repeat(count - text.length);
  };
  await checkThresholds("gopher_repetition", [
    {
      rule: "duplicate_paragraphs",
      step: only("max_duplicate_paragraphs"),
      kept: parts(3, "\n\n"),
      dropped: parts(4, "\n\n"),
    },
    {
      rule: "duplicate_paragraph_characters",
      step: only("max_duplicate_paragraph_characters"),
      kept: characters(20, "\n\n"),
      dropped: characters(19, "\n\n"),
    },
    {
      rule: "duplicate_lines",
      step: only("max_duplicate_lines"),
      kept: parts(3, "\n"),
      dropped: parts(4, "\n"),
    },
    {
      rule: "duplicate_line_characters",
      step: only("max_duplicate_line_characters"),
      kept: characters(20, "\n"),
      dropped: characters(19, "\n"),
    },
  ]);
});

Deno.test("each Gopher rule on top n-grams has its threshold", async () => {
  // Words of five letters and the blanks between, four times.
  for (const [size, share] of [[2, 0.2], [3, 0.18], [4, 0.16]]) {
    const most = Math.ceil((6 * size - 1) * 4 / share);
    await checkThresholds("gopher_repetition", [{
      rule: `top_${size}_gram`,
      step: only(`max_top_${size}_gram`),
      kept: frequent(size, 4, most),
      dropped: frequent(size, 4, most - 1),
    }]);
  }
});

Deno.test("each Gopher rule on duplicate n-grams has its threshold", async () => {
  const shares = { 5: .15, 6: .14, 7: .13, 8: .12, 9: .11, 10: .10 };
  for (const [key, share] of Object.entries(shares)) {
    const size = Number(key);
    // The text has 6 · words − 1 characters, 5 · size of them repeated.
    const words = Math.ceil((5 * size / share + 1) / 6);
    await checkThresholds("gopher_repetition", [{
      rule: `duplicate_${size}_grams`,
      step: only(`max_duplicate_${size}_grams`),
      kept: repeating(size, words),
      dropped: repeating(size, words - 1),
    }]);
  }
});

Deno.test("a run of words that is there once is no repetition", async () => {
  const judge = await judgeWith("gopher_repetition");
  assertEquals(reason(judge("No word is here again.")), "kept");
  assertEquals(reason(judge(" \n ")), "empty");
});

Deno.test("repeated runs of words are those that strings tell", () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  console.log(`seed ${seed}`);
  const random = new Random(seed);
  for (let trial = 0; trial < 300; trial++) {
    const words = Array.from(
      { length: random.integer(60) },
      () => "abcdefgh"[random.integer(3 + trial % 5)],
    );
    const repeated = new RepeatedWords(words.join(" "));
    assertEquals(repeated.count, words.length);
    for (const size of [1, 2, 3, 5, 10]) {
      const context = `${words.join(" ")}, ${size}`;
      assertEquals(repeated.topCharacters(size), top(words, size), context);
      assertEquals(
        repeated.duplicateCharacters(size),
        duplicates(words, size),
        context,
      );
    }
  }
});

/** Characters of the most frequent run, the obvious way. */
function top(words: readonly string[], size: number): number {
  const counts = new Map<string, number>();
  for (let i = 0; i + size <= words.length; i++) {
    const run = words.slice(i, i + size).join(" ");
    counts.set(run, 1 + (counts.get(run) ?? 0));
  }
  let best: [string, number] = ["", 1];
  for (const entry of counts) if (entry[1] > best[1]) best = entry;
  return best[0].length * best[1];
}

/** Characters of runs that were there before, the obvious way. */
function duplicates(words: readonly string[], size: number): number {
  const seen = new Set<string>();
  let characters = 0;
  for (let i = 0; i + size <= words.length;) {
    const run = words.slice(i, i + size);
    if (seen.has(run.join(" "))) {
      characters += run.join("").length;
      i += size;
    } else {
      seen.add(run.join(" "));
      i++;
    }
  }
  return characters;
}
