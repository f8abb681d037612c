import { assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../../../data/input_error.ts";
import { parseTrainingState } from "../../../model/train/training_state.ts";

const STATE = {
  step: 5,
  tokens: 640,
  flops: 1.5e12,
  seconds: 2.25,
  loader: { epoch: 1, position: 7 },
  best: { step: 4, loss: 1.25 },
  budget: { spent: 3.5, pace: { from: 3, position: 3.75, steps: 9 } },
  skipped: [{ epoch: 0, position: 3 }],
};

const parse = (state: unknown) =>
  parseTrainingState(JSON.stringify(state), "state.json");

Deno.test("a state reads back as it was written", () => {
  assertEquals(parse({ version: 1, ...STATE }), STATE);
  const plain = { ...STATE, best: null, budget: null };
  assertEquals(parse(plain), plain);
  // As it was written before runs kept to a budget.
  assertEquals(parse({ ...STATE, budget: undefined }).budget, null);
  assertEquals(parse({ ...STATE, skipped: undefined }).skipped, []);
  const order = { sequenceLength: 32, tokenCount: 1000, seed: 7 };
  const full = { ...STATE, loader: { ...STATE.loader, order } };
  assertEquals(parse(full), full);
});

Deno.test("a damaged state names file, key and value", () => {
  for (
    const [state, message] of [
      [[], '"step" is undefined'],
      [null, '"step" is undefined'],
      [{ ...STATE, step: -1 }, '"step" is -1; it must be an integer'],
      [{ ...STATE, step: 1.5 }, '"step" is 1.5'],
      [{ ...STATE, tokens: "640" }, '"tokens" is "640"'],
      [{ ...STATE, tokens: 2 ** 60 }, '"tokens" is 1152921504606847000'],
      [{ ...STATE, seconds: null }, '"seconds" is null; it must be a number'],
      [{ ...STATE, loader: null }, '"loader.epoch" is undefined'],
      [{ ...STATE, loader: { epoch: 0 } }, '"loader.position" is undefined'],
      [
        { ...STATE, loader: { ...STATE.loader, order: { seed: 1 } } },
        '"loader.order.sequenceLength" is undefined',
      ],
      [
        { ...STATE, budget: { spent: 1, pace: { from: 1, position: 1 } } },
        '"budget.pace.steps" is undefined',
      ],
      [{ ...STATE, skipped: 5 }, '"skipped.epoch" is undefined'],
      [{ ...STATE, best: { step: 1 } }, '"best.loss" is undefined'],
    ] as const
  ) {
    assertThrows(() => parse(state), InputError, `state.json: ${message}`);
  }
  assertThrows(
    () => parseTrainingState('{"step": 5,', "state.json"),
    InputError,
    "state.json: not JSON; the checkpoint is damaged",
  );
});
