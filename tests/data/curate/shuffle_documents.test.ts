import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  shuffleDocuments,
  type ShuffleOptions,
} from "../../../data/curate/shuffle_documents.ts";
import type { Document } from "../../../data/document.ts";
import { withFolder } from "../with_folder.ts";

function documentsOf(count: number, length = 1): Document[] {
  return Array.from(
    { length: count },
    (_, i) => ({ id: String(i), text: "x".repeat(length) }),
  );
}

/** The ids in their new order. */
async function orderOf(
  documents: readonly Document[],
  options: ShuffleOptions,
): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id } of shuffleDocuments(documents, options)) {
    ids.push(Number(id));
  }
  return ids;
}

Deno.test("every order is equally likely", () =>
  withFolder(async (folder) => {
    // 3 documents in 2 cells: 6 orders, each expected 100 times. Above 20.5
    // chi-squared with 5 degrees of freedom is once in a thousand; the seeds
    // are fixed, so the outcome is too.
    const seen = new Map<string, number>();
    const trials = 600;
    for (let seed = 0; seed < trials; seed++) {
      const order = await orderOf(documentsOf(3), {
        folder,
        seed,
        bytes: 2,
        cellBytes: 1,
      });
      const key = order.join("");
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    assertEquals(seen.size, 6);
    const expected = trials / 6;
    const chiSquared = [...seen.values()]
      .reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    assert(chiSquared < 20.5, `chi-squared ${chiSquared}`);
  }));

Deno.test("places before and after are unrelated, over many cells", () =>
  withFolder(async (folder) => {
    const count = 20_000;
    const order = await orderOf(documentsOf(count, 100), {
      folder,
      seed: 5,
      bytes: 20 * count,
      // So small that every cell has to be divided again.
      cellBytes: 20 * count / 32,
    });
    assertEquals(order.toSorted((a, b) => a - b), [...Array(count).keys()]);
    const middle = (count - 1) / 2;
    const variance = (count ** 2 - 1) / 12;
    const covariance = order.reduce(
      (sum, id, place) => sum + (id - middle) * (place - middle),
      0,
    ) / count;
    // The correlation of a random order has a deviation of 1 / √count.
    assert(Math.abs(covariance / variance) < 4 / Math.sqrt(count));
    // Neighbours stay neighbours twice on average, in either direction.
    const kept = order.filter((id, i) => Math.abs(id - order[i - 1]) === 1);
    assert(kept.length < 12, `${kept.length} pairs stayed together`);
    assertEquals([...Deno.readDirSync(folder)], []);
  }));

Deno.test("the order depends on the seed alone", () =>
  withFolder(async (folder) => {
    const options = { folder, bytes: 4000, cellBytes: 1000 };
    const documents = documentsOf(400, 10);
    const first = await orderOf(documents, { ...options, seed: 1 });
    assertEquals(await orderOf(documents, { ...options, seed: 1 }), first);
    assertNotEquals(await orderOf(documents, { ...options, seed: 2 }), first);
  }));
