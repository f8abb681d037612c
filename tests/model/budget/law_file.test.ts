import { assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../../../data/input_error.ts";
import { parseLaw, stringifyLaw } from "../../../model/budget/law_file.ts";

const CONSTANTS = { E: 1.5, A: 20, alpha: 0.3, B: 50, beta: 0.35 };
const FIT = {
  constants: CONSTANTS,
  intervals: {
    E: [1.4, 1.6],
    A: [19, 21],
    alpha: [0.29, 0.31],
    B: [48, 52],
    beta: [0.34, 0.36],
  },
  residual: 1e-3,
  points: 25,
} as const;

Deno.test("a fitted law is read as it was written", () => {
  assertEquals(parseLaw(stringifyLaw(FIT), "law.json"), {
    name: "law.json",
    source: "law.json",
    ...CONSTANTS,
  });
  const runs = { vocabulary: 272, flops: 1.6e13 };
  const { vocabulary, flops } = parseLaw(stringifyLaw(FIT, runs), "a");
  assertEquals({ vocabulary, flops }, runs);
});

Deno.test("a damaged law is refused with its key and value", () => {
  const law = (changes: Record<string, unknown>) =>
    JSON.stringify({
      format: "minnow scaling law 1",
      constants: { ...CONSTANTS, ...changes },
    });
  for (
    const [text, message] of [
      ["{", "not valid JSON"],
      ["null", '"format" is missing'],
      ['{"format":"other"}', '"format" is "other"'],
      ['{"format":"minnow scaling law 1"}', '"constants.E" is missing'],
      [law({ alpha: 0 }), '"constants.alpha" is 0'],
      [law({ B: "many" }), '"constants.B" is "many"'],
      [law({ A: -1 }), '"constants.A" is -1'],
      [law({ E: 1e9 }), '"constants.E" is 1000000000'],
      [
        law({}).replace("{", '{"vocabulary":"many",'),
        '"vocabulary" is "many"',
      ],
      [law({}).replace("{", '{"flops":0,'), '"flops" is 0'],
    ]
  ) {
    assertThrows(() => parseLaw(text, "law.json"), InputError, message);
  }
});
