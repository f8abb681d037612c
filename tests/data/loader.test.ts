import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Batch } from "../../data/batch.ts";
import { InputError } from "../../data/input_error.ts";
import { Loader } from "../../data/loader.ts";
import { Random } from "../../data/random.ts";
import { sequentialWindows } from "../../data/sequential_windows.ts";
import type { DocumentEnds } from "../../data/shard/document_ends.ts";
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

Deno.test("windows keep to the contexts that documents were fitted into", () => {
  // Windows of a context, of several, and of a part of one: none crosses a
  // border that it need not cross.
  for (const [sequenceLength, multiple] of [[8, 8], [16, 8], [4, 4]]) {
    const starts = new Set<number>();
    for (let epoch = 0; epoch < 6; epoch++) {
      const loader = new Loader({
        source: counting(8 * 50),
        sequenceLength,
        seed: 3,
        packedContext: 8,
        state: { epoch, position: 0 },
      });
      while (loader.state.position < loader.sequencesPerEpoch) {
        const start = loader.next(1).inputs[0];
        assertEquals(start % multiple, 0);
        starts.add(start);
      }
    }
    // Windows of several contexts begin with any of them.
    assert(starts.size >= 400 / multiple - 2);
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

Deno.test("the rest of an epoch is what was not served, whatever the batch", () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = new Random(seed);
  for (let trial = 0; trial < 40; trial++) {
    const sequenceLength = 1 + random.integer(8);
    const source = counting(sequenceLength * 20 + random.integer(300));
    const options = { source, sequenceLength, seed: trial };
    const startsOf = (loader: Loader, batches: number, batch: number) =>
      Array.from({ length: batches }, () => loader.next(batch)).flatMap(
        ({ inputs }) =>
          Array.from({ length: batch }, (_, i) => inputs[i * sequenceLength]),
      );
    const first = new Loader(options);
    const served = startsOf(
      first,
      random.integer(5),
      1 + random.integer(4),
    );
    const { state } = first;
    assertEquals(state.position, served.length, `seed ${seed}`);
    const rests = [1, 2, 3, 7].map((batch) => {
      const loader = new Loader({ ...options, state });
      const left = loader.sequencesPerEpoch - served.length;
      return startsOf(loader, Math.ceil(left / batch), batch).slice(0, left);
    });
    for (const rest of rests) assertEquals(rest, rests[0], `seed ${seed}`);
    const all = [...served, ...rests[0]].sort((a, b) => a - b);
    assertEquals(all.length, first.sequencesPerEpoch, `seed ${seed}`);
    all.forEach((start, i) =>
      assertEquals(start, all[0] + i * sequenceLength, `seed ${seed}`)
    );
  }
});

Deno.test("batches read ahead are those that would have come, in few arrays", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = new Random(seed);
  let read = 0;
  const whole = counting(1000);
  const source: TokenReader = {
    ...whole,
    read(offset, into) {
      read++;
      whole.read(offset, into);
    },
  };
  const options = { source, sequenceLength: 9, seed };
  const plain = new Loader({ ...options, source: whole });
  const keep = 2;
  const loader = new Loader({ ...options, ahead: 2, keep });
  const arrays = new Set<ArrayBufferLike>();
  let latest: { given: Batch; expected: Batch }[] = [];
  let batch = 4;
  for (let i = 0; i < 300; i++) {
    if (random.integer(20) === 0) {
      batch = 1 + random.integer(6);
      arrays.clear();
      latest = [];
    }
    const given = loader.next(batch);
    arrays.add(given.inputs.buffer);
    const expected = plain.next(batch);
    latest = [...latest, { given, expected }].slice(-keep);
    for (const each of latest) {
      assertEquals(each.given, each.expected, `seed ${seed}`);
    }
    assertEquals(loader.state, plain.state, `seed ${seed}`);
    assert(arrays.size <= keep + 2, `seed ${seed}`);
    if (random.integer(2) === 0) {
      await Promise.resolve();
      const ready = read;
      const next = loader.next(batch);
      // Nothing was left to be read.
      assertEquals(read, ready, `seed ${seed}`);
      const wanted = plain.next(batch);
      assertEquals(next, wanted, `seed ${seed}`);
      latest = [...latest, { given: next, expected: wanted }].slice(-keep);
      arrays.add(next.inputs.buffer);
    }
  }
});

Deno.test("what fails while it is read ahead fails when it is asked for", async () => {
  let broken = false;
  const source: TokenReader = {
    ...counting(100),
    read() {
      if (broken) throw new InputError("it was cut");
    },
  };
  const loader = new Loader({ source, sequenceLength: 4, seed: 1, ahead: 1 });
  loader.next(2);
  broken = true;
  await Promise.resolve();
  assertThrows(() => loader.next(2), InputError, "it was cut");
});

/** Compares the documents of a batch whose tokens are their own positions. */
function checkDocuments(
  batch: Batch,
  list: readonly number[],
  length: number,
  seed: number,
): void {
  assert(batch.documents);
  const { starts, ends } = batch.documents;
  batch.inputs.forEach((token, i) => {
    const row = batch.inputs[i - i % length];
    const end = list.find((each) => each > token) ?? NaN;
    const start = list.findLast((each) => each <= token) ?? 0;
    assertEquals(starts[i], Math.max(0, start - row), `seed ${seed}`);
    assertEquals(ends[i], Math.min(length + 1, end - row), `seed ${seed}`);
    // The target is of another document.
    assertEquals(
      ends[i] === i % length + 1,
      list.includes(batch.targets[i]),
      `seed ${seed}`,
    );
  });
}

Deno.test("a batch tells the document of each of its tokens", () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = new Random(seed);
  for (let trial = 0; trial < 40; trial++) {
    const tokenCount = 20 + random.integer(200);
    const list: number[] = [];
    // Documents without tokens are among them.
    for (let end = 0; end < tokenCount;) {
      end = Math.min(tokenCount, end + random.integer(12));
      list.push(end);
    }
    const documents: DocumentEnds = {
      count: list.length,
      end: (i) => list[i],
      close: () => {},
    };
    const source = { ...counting(tokenCount), documents: () => documents };
    const length = 1 + random.integer(16);
    const loader = new Loader({
      source,
      sequenceLength: length,
      seed,
      documents: true,
    });
    const batches = [
      loader.next(5),
      ...sequentialWindows(source, length, 3, true),
    ];
    for (const batch of batches) checkDocuments(batch, list, length, seed);
  }
  assertThrows(
    () =>
      new Loader({
        source: counting(100),
        sequenceLength: 4,
        seed,
        documents: true,
      }),
    InputError,
    "do not say where they end",
  );
});

Deno.test("another length, corpus or seed than the saved one is refused", () => {
  const source = counting(500);
  const options = { source, sequenceLength: 8, seed: 1 };
  const loader = new Loader(options);
  loader.next(7);
  const { state } = loader;
  for (
    const [change, message] of [
      [{ sequenceLength: 16 }, "sequences of 8 tokens and this one has"],
      [{ source: counting(501) }, "with 500 tokens to learn from and"],
      [{ seed: 2 }, "the seed 1 and this one has the seed 2"],
    ] as const
  ) {
    assertThrows(
      () => new Loader({ ...options, ...change, state }),
      InputError,
      message,
    );
  }
  // As an earlier version saved it.
  const { epoch, position } = state;
  assertEquals(
    new Loader({ ...options, state: { epoch, position } }).next(3),
    loader.next(3),
  );
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
