import { assert, assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../../data/input_error.ts";
import { Loader } from "../../data/loader.ts";
import { Random } from "../../data/random.ts";
import { sequentialWindows } from "../../data/sequential_windows.ts";
import type { TokenReader } from "../../data/shard/token_reader.ts";

/** Tokens that are their own positions. */
function counting(tokenCount: number): TokenReader {
  return {
    tokenCount,
    read(offset, into) {
      assert(offset >= 0 && offset + into.length <= tokenCount);
      for (let i = 0; i < into.length; i++) into[i] = offset + i;
    },
    close() {},
  };
}

Deno.test("an epoch visits every window exactly once, in another order each", () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = new Random(seed);
  for (let trial = 0; trial < 60; trial++) {
    const sequenceLength = 1 + random.integer(9);
    const source = counting(sequenceLength + 1 + random.integer(600));
    const orders = new Set<string>();
    for (let epoch = 0; epoch < 3; epoch++) {
      const state = { epoch, position: 0 };
      const loader = new Loader({ source, sequenceLength, seed, state });
      const starts: number[] = [];
      while (loader.state.position < loader.sequencesPerEpoch) {
        const { inputs, targets } = loader.next(1);
        inputs.forEach((token, i) => {
          assertEquals(token, inputs[0] + i);
          assertEquals(targets[i], token + 1);
        });
        starts.push(inputs[0]);
      }
      orders.add(starts.join());
      const sorted = starts.toSorted((a, b) => a - b);
      assert(sorted[0] < sequenceLength, `seed ${seed}`);
      sorted.forEach((start, i) =>
        assertEquals(start, sorted[0] + i * sequenceLength, `seed ${seed}`)
      );
      // No further window would have fitted.
      const end = sorted[sorted.length - 1] + sequenceLength;
      assert(end + sequenceLength >= source.tokenCount, `seed ${seed}`);
    }
    if (source.tokenCount > 20 * sequenceLength) {
      assertEquals(orders.size, 3, `seed ${seed}`);
    }
  }
});

Deno.test("resumed at any point, the batches are those of the unbroken run", () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = new Random(seed);
  for (let trial = 0; trial < 60; trial++) {
    const sequenceLength = 1 + random.integer(8);
    const source = counting(sequenceLength + 1 + random.integer(300));
    const options = { source, sequenceLength, seed: trial };
    const unbroken = new Loader(options).next(200).inputs;
    let loader = new Loader(options);
    const joined: number[] = [];
    while (joined.length < unbroken.length) {
      const left = unbroken.length / sequenceLength -
        joined.length / sequenceLength;
      joined.push(
        ...loader.next(Math.min(left, 1 + random.integer(40))).inputs,
      );
      const state = JSON.parse(JSON.stringify(loader.state));
      loader = new Loader({ ...options, state });
    }
    assertEquals(joined, [...unbroken], `seed ${seed}`);
  }
});

Deno.test("another seed gives another order", () => {
  const source = counting(1001);
  const first = new Loader({ source, sequenceLength: 10, seed: 1 }).next(50);
  const second = new Loader({ source, sequenceLength: 10, seed: 2 }).next(50);
  assert(first.inputs.join() !== second.inputs.join());
});

Deno.test("a corpus shorter than one window is an input error", () => {
  const options = { source: counting(8), sequenceLength: 8, seed: 1 };
  assertThrows(
    () => new Loader(options),
    InputError,
    "of 8 tokens: one sequence of 8 takes 9",
  );
  assertThrows(() => sequentialWindows(counting(8), 8), InputError);
  assertEquals(
    new Loader({ ...options, source: counting(9) }).next(3).inputs.length,
    24,
  );
});

Deno.test("a state of another corpus is an input error", () => {
  const source = counting(100);
  for (
    const state of [
      { epoch: 0, position: 1000 },
      { epoch: -1, position: 0 },
      { epoch: 0, position: 0.5 },
    ]
  ) {
    assertThrows(
      () => new Loader({ source, sequenceLength: 8, seed: 1, state }),
      InputError,
      "Cannot resume the data",
    );
  }
});

Deno.test("evaluation windows follow each other and are spread when capped", () => {
  const windows = sequentialWindows(counting(42), 4);
  assertEquals(windows.count, 10);
  assertEquals(
    [...windows].map(({ inputs }) => inputs[0]),
    [0, 4, 8, 12, 16, 20, 24, 28, 32, 36],
  );
  const capped = sequentialWindows(counting(42), 4, 3);
  assertEquals(capped.count, 3);
  assertEquals([...capped].map(({ inputs }) => inputs[0]), [0, 12, 24]);
  assertEquals([...capped].map(({ targets }) => targets[3]), [4, 16, 28]);
});
