import { assertEquals } from "@std/assert";
import { checkThresholds, judgeWith, reason } from "./judge.ts";

/** Lines of eight words and 40 characters or so, all different. */
function lines(count: number, end: string): string[] {
  return Array.from(
    { length: count },
    (_, i) => `line number ${i} has words enough to pass${end}`,
  );
}

// All thresholds: Penedo et al. 2024, section 3.6.
Deno.test("each FineWeb rule has its threshold", async () => {
  await checkThresholds("fineweb", [
    {
      rule: "few_punctuated_lines",
      kept: [...lines(3, "."), ...lines(22, "")].join("\n"),
      dropped: [...lines(3, "."), ...lines(23, "")].join("\n"),
    },
    {
      // 30 characters and 31.
      rule: "many_short_lines",
      step: { fineweb: { max_line_ends: 1 } },
      kept: [...short(67, 30), ...lines(33, ".")].join("\n"),
      dropped: [...short(68, 30), ...lines(32, ".")].join("\n"),
    },
    {
      rule: "many_short_lines",
      step: { fineweb: { max_line_ends: 1 } },
      kept: short(10, 31).join("\n"),
      dropped: short(10, 30).join("\n"),
    },
    {
      // Four characters of 400, line ends not counted.
      rule: "duplicate_line_characters",
      kept: ["abc.", "abc.", `${"word ".repeat(78)}w.`].join("\n\n"),
      dropped: ["abc.", "abc.", `${"word ".repeat(78)}.`].join("\n\n"),
    },
    {
      // Three line ends and ten words and signs.
      rule: "many_line_ends",
      step: { fineweb: { max_short_lines: 1 } },
      kept: "one two three.\nfour five six\n\nseven eight nine",
      dropped: "one two three.\nfour five six\n\nseven eight",
    },
  ]);
});

function short(count: number, length: number): string[] {
  return Array.from(
    { length: count },
    (_, i) => `${String(i).padEnd(length - 6)} word.`,
  );
}

Deno.test("a text of white space is empty", async () => {
  assertEquals(reason((await judgeWith("fineweb"))(" \n\t\n")), "empty");
});
