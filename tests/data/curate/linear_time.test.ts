import { assert } from "@std/assert";
import {
  parseStep,
  STEP_DEFINITIONS,
} from "../../../data/curate/step_catalog.ts";

/** Single lines that make careless patterns try again from each place. */
const PIECES = [
  "a",
  " ",
  "[",
  "[1",
  ".",
  "a.",
  "'t",
  "a@",
  "a@b.c",
  "1",
  "1.1.",
  "2001:0:",
  "+1(2) ",
  "tel: 1 ",
  "212-",
  "\u0301\u0315",
];

// Where time grows with the square of the length, this takes a minute.
Deno.test("a single long line takes every step a moment", async () => {
  const length = 300_000;
  for (const { name } of STEP_DEFINITIONS) {
    const step = await parseStep(name, "test").catch(() => undefined);
    if (step?.kind !== "document") continue;
    for (const piece of PIECES) {
      const text = `x${piece.repeat(length / piece.length)}y`;
      const start = performance.now();
      step.judge({ id: "long", text });
      const seconds = (performance.now() - start) / 1000;
      assert(seconds < 10, `${name} of ${piece}: ${seconds} s`);
    }
  }
});
