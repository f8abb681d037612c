import { assert, assertEquals, assertThrows } from "@std/assert";
import { BestFitPacker } from "../../../data/corpus/best_fit_packer.ts";
import { Random } from "../../../data/random.ts";
import type { DocumentTokens } from "../../../data/shard/piece_stream.ts";

const PADDING = 0;

function pack(
  documents: readonly Uint32Array[],
  context: number,
  groupTokens?: number,
): DocumentTokens[] {
  const packer = new BestFitPacker({
    context,
    padding: PADDING,
    seed: 1,
    groupTokens,
  });
  const packed = documents.flatMap((document) => [...packer.add(document)]);
  return [...packed, ...packer.flush()];
}

/** Documents of these lengths; document i consists of i + 1. */
function documentsOf(lengths: readonly number[]): Uint32Array[] {
  return lengths.map((length, i) => new Uint32Array(length).fill(i + 1));
}

/** The pieces of all contexts: which document, how long; no padding. */
function piecesOf(packed: readonly DocumentTokens[]): [number, number][] {
  return packed.flatMap(({ tokens, ends }) =>
    Array.from(ends, (end, i): [number, number] => {
      const piece = tokens.subarray(ends[i - 1] ?? 0, end);
      assertEquals(new Set(piece).size, 1);
      return [piece[0], piece.length];
    })
  ).filter(([document]) => document !== PADDING);
}

Deno.test("each piece goes into the fullest context that has room", () => {
  // By hand: 7, 6, 5 open contexts of 10 (room 3, 4, 5); 4 fits the room 4
  // exactly, 3 the room 3, 2 the room 5.
  const packed = pack(documentsOf([2, 3, 4, 5, 6, 7]), 10);
  const contents = packed.map(({ tokens }) => tokens.join(""));
  assertEquals(contents.toSorted(), [
    "4444411000",
    "5555553333",
    "6666666222",
  ]);
});

Deno.test("what fits a context is never cut, and nothing is lost", () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = new Random(seed);
  const context = 64;
  const lengths = Array.from(
    { length: 3000 },
    () => 1 + Math.floor(200 * random.uniform() ** 3),
  );
  // Groups as small as allowed, so that there are many.
  const packed = pack(documentsOf(lengths), context, 0);
  const pieces = Map.groupBy(piecesOf(packed), ([document]) => document);
  for (const [i, length] of lengths.entries()) {
    const found = (pieces.get(i + 1) ?? []).map(([, size]) => size);
    const whole = new Array(Math.floor(length / context)).fill(context);
    const rest = length % context === 0 ? [] : [length % context];
    assertEquals(
      found.toSorted((a, b) => b - a),
      [...whole, ...rest],
      `seed ${seed}, document ${i}`,
    );
  }
  for (const { tokens, ends } of packed) {
    assertEquals(tokens.length, context);
    assertEquals(ends[ends.length - 1], context);
  }
});

Deno.test("padding is rare where documents have many lengths", () => {
  const random = new Random(7);
  const lengths = Array.from(
    { length: 20_000 },
    () => 1 + Math.floor(Math.exp(5 + 1.5 * random.normal())),
  );
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const packed = pack(documentsOf(lengths), 2048);
  const padding = packed.length * 2048 - total;
  // A bound of our own: a thousandth of the tokens.
  assert(padding / total < 0.001, `${padding} of ${total}`);
});

Deno.test("the same seed gives the same contexts in the same order", () => {
  const documents = documentsOf([9, 3, 8, 1, 5, 5, 5, 2, 2, 12, 31]);
  assertEquals(pack(documents, 8), pack(documents, 8));
  assertThrows(() => pack(documents, 1), RangeError, "contexts of 1 tokens");
});
