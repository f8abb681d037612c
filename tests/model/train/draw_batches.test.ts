import { assertEquals } from "@std/assert";
import { Loader } from "../../../data/loader.ts";
import { drawBatches } from "../../../model/train/draw_batches.ts";

/** Serves sequences of one token in as many arrays as a step takes. */
function openLoader(keep: number): Loader {
  return new Loader({
    source: {
      tokenCount: 41,
      read: (offset, into) => into.forEach((_, i) => into[i] = offset + i),
      close: () => {},
    },
    sequenceLength: 1,
    seed: 1,
    keep,
  });
}

Deno.test("batches to leave out are left out, wherever steps begin", () => {
  const plain = openLoader(Infinity);
  const batches = Array.from({ length: 12 }, () => plain.next(2).inputs);
  const draw = (loader: Loader, count: number, skipped: readonly number[]) => {
    const drawn = drawBatches(loader, {
      count,
      batch: 2,
      skipped: skipped.map((i) => ({ epoch: 0, position: 2 * i })),
    });
    const numbers = drawn.batches.map(({ inputs }) =>
      batches.findIndex((batch) => batch.join() === inputs.join())
    );
    assertEquals(drawn.places.map(({ position }) => position / 2), numbers);
    return numbers;
  };
  const loader = openLoader(3);
  assertEquals(draw(loader, 1, [1, 2]), [0]);
  assertEquals(draw(loader, 2, [1, 2]), [3, 4]);
  // Amid a step: those drawn before would not outlast those left out.
  assertEquals(draw(loader, 3, [6, 7]), [8, 9, 10]);
});
