import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { RecordSorter } from "../../../../data/curate/dedup/record_sorter.ts";
import { Random } from "../../../../data/random.ts";
import { withFolder } from "../../with_folder.ts";

/** What JavaScript's own sort, which is stable, makes of the records. */
function expected(records: readonly number[][], keyWords: number): number[][] {
  return records.toSorted((a, b) => {
    for (let i = 0; i < keyWords; i++) {
      if (a[i] !== b[i]) return a[i] - b[i];
    }
    return 0;
  });
}

Deno.test("records are sorted stably with any memory, on disk or not", () =>
  withFolder((folder) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.log(`seed ${seed}`);
    const random = new Random(seed);
    for (
      const [count, memoryBytes] of [
        [0, 0],
        [1, 1 << 20],
        [5000, 1 << 20],
        [5000, 0],
        [9999, 10_000],
      ]
    ) {
      const path = join(folder, `${count}-${memoryBytes}`);
      const [words, keyWords] = [3, 2];
      const sorter = new RecordSorter({ path, words, keyWords, memoryBytes });
      const records = Array.from({ length: count }, (_, i) => [
        random.integer(2) * 0xffffffff,
        random.integer(50) * 0x5000001,
        i,
      ]);
      for (const record of records) sorter.add(record);
      const sorted: number[] = [];
      for (const piece of sorter.sorted()) sorted.push(...piece);
      assertEquals(sorted, expected(records, keyWords).flat());
      const onDisk = [...Deno.readDirSync(folder)].some(({ name }) =>
        path.endsWith(name)
      );
      assertEquals(onDisk, count > 1 && memoryBytes < 1 << 20);
    }
    return Promise.resolve();
  }));

Deno.test("a key that all records share needs no more memory", () =>
  withFolder((folder) => {
    const sorter = new RecordSorter({
      path: join(folder, "runs"),
      words: 2,
      keyWords: 1,
      memoryBytes: 4096,
    });
    for (let i = 0; i < 20_000; i++) sorter.add([7, i]);
    let next = 0;
    for (const piece of sorter.sorted()) {
      assert(piece.length <= 2 * 4096);
      for (let at = 0; at < piece.length; at += 2) {
        assertEquals([piece[at], piece[at + 1]], [7, next++]);
      }
    }
    assertEquals(next, 20_000);
    return Promise.resolve();
  }));
