import { assertAlmostEquals, assertEquals } from "@std/assert";
import { randomTokens } from "../../bench/support/random_tokens.ts";
import { slug } from "../../bench/support/report.ts";
import { modelOf, SIZES } from "../../bench/support/sizes.ts";

Deno.test("gpt2-124m has GPT-2's 124 million parameters", () => {
  const size = SIZES.get("gpt2-124m");
  if (!size) throw new Error("no such configuration");
  // 124,439,808 at a context of 1024; this one has 768 positions fewer, and
  // 15 rows more to fill up the table.
  const count = 124_439_808 - 768 * 768 + 15 * 768;
  assertEquals(modelOf(size, 2 ** 31).parameters.count, count);
});

Deno.test("every target is the token that follows, and all are in range", () => {
  const size = SIZES.get("S");
  if (!size) throw new Error("no such configuration");
  const { inputs, targets } = randomTokens(size);
  assertEquals(inputs.length, size.batch * size.context);
  const { context } = size;
  assertEquals(inputs.slice(1, context), targets.slice(0, context - 1));
  assertEquals(inputs.every((token) => token < size.vocabulary), true);
  const mean = inputs.reduce((sum, token) => sum + token, 0) / inputs.length;
  assertAlmostEquals(mean, size.vocabulary / 2, 100);
});

Deno.test("an adapter's name becomes a part of a file name", () => {
  assertEquals(
    slug("llvmpipe (LLVM 15.0.6, 256 bits)"),
    "llvmpipe-llvm-15-0-6-256-bits",
  );
  assertEquals(slug("…"), "unknown");
});
