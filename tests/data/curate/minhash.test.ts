import { assert, assertEquals } from "@std/assert";
import process from "node:process";
import { MINHASH } from "../../../data/curate/minhash.ts";
import type { Document } from "../../../data/document.ts";
import { Random } from "../../../data/random.ts";
import { sharedData } from "../shared_data.ts";
import { nearDuplicates } from "./dedup/near_duplicates.ts";
import { runCorpusStep } from "./run_corpus_step.ts";

const SENTENCE =
  "One two three four five six seven eight nine ten, and so on. ";

Deno.test("of three editions of Alice exactly one is kept", async () => {
  const documents: Document[] = [];
  for (const edition of ["11", "11-0", "alice30"]) {
    const path = sharedData(`dedup/alice_pg_${edition}.txt`);
    if (path === null) return;
    documents.push({ id: edition, text: Deno.readTextFileSync(path) });
  }
  for (const order of [documents, documents.toReversed()]) {
    const { kept, dropped } = await runCorpusStep(MINHASH, order);
    assertEquals(kept, [order[0]]);
    assertEquals(dropped, [
      [order[1].id, "near_duplicate"],
      [order[2].id, "near_duplicate"],
    ]);
  }
});

Deno.test("planted near-duplicates are found, and nothing else", async () => {
  const { documents, pairs } = nearDuplicates("planted", 10_000);
  const { kept, dropped } = await runCorpusStep(MINHASH, documents);
  const flagged = new Set(dropped.map(([id]) => id));
  const found = pairs.filter(({ original, copy }) =>
    flagged.has(original) || flagged.has(copy)
  );
  // A document that was dropped is right where it is half of a planted pair of
  // at least the threshold less three standard deviations of the estimate.
  const right = found.filter(({ similarity }) => similarity >= 0.8 - 0.055);
  assert(right.length / flagged.size >= 0.99, `${right.length} are right`);
  const alike = pairs.filter(({ similarity }) => similarity >= 0.85);
  const recalled = alike.filter((pair) => found.includes(pair)).length;
  console.log(
    `${flagged.size} dropped, ${right.length} of them right; ${recalled} of ` +
      `${alike.length} pairs of at least .85 found`,
  );
  assert(alike.length > 300);
  assert(recalled / alike.length >= 0.95);
  // One of each pair goes, and it is the later one.
  const place = new Map(documents.map(({ id }, i) => [id, i]));
  for (const { original, copy } of found) {
    const copyIsLater = (place.get(copy) ?? 0) > (place.get(original) ?? 0);
    assertEquals([flagged.has(original), flagged.has(copy)], [
      !copyIsLater,
      copyIsLater,
    ]);
  }
  assertEquals(kept, documents.filter(({ id }) => !flagged.has(id)));
});

Deno.test("memory changes nothing but where things are kept", async () => {
  const { documents } = nearDuplicates("memory", 1000);
  for (const verify of [true, false]) {
    const ample = await runCorpusStep(MINHASH, documents, { verify });
    const tiny = await runCorpusStep(MINHASH, documents, {
      verify,
      memory_mib: 0.01,
    });
    assert(ample.dropped.length > 30);
    assertEquals(tiny.kept, ample.kept);
    assertEquals(tiny.dropped, ample.dropped);
  }
});

Deno.test("without verifying, sharing a bucket is enough", async () => {
  const { documents, pairs } = nearDuplicates("banding", 5000);
  const { dropped } = await runCorpusStep(MINHASH, documents, {
    verify: false,
  });
  // The sum over pairs of 1 − (1 − s^8)^14 is how many should be found.
  const chances = pairs.map(({ similarity: s }) => 1 - (1 - s ** 8) ** 14);
  const mean = chances.reduce((sum, p) => sum + p, 0);
  const deviation = Math.sqrt(
    chances.reduce((sum, p) => sum + p * (1 - p), 0),
  );
  console.log(`${dropped.length} dropped, expected ${mean} ± ${deviation}`);
  assert(Math.abs(dropped.length - mean) < 4 * deviation);
});

Deno.test("near-duplicates of near-duplicates are one cluster", async () => {
  const words = Array.from(
    { length: 200 },
    (_, i) =>
      `w${"abcdefghij"[i % 10]}${"klmnopqrst"[Math.floor(i / 10) % 10]}${
        "uv"[Math.floor(i / 100)]
      }`,
  );
  const version = (from: number, to: number): string =>
    words.map((word, i) => i >= from && i < to ? `${word}x` : word).join(" ");
  const { kept } = await runCorpusStep(MINHASH, [
    { id: "a", text: version(0, 0) },
    { id: "other", text: words.toReversed().join(" ") },
    { id: "b", text: version(0, 12) },
    { id: "c", text: version(0, 24) },
    { id: "d", text: version(0, 36) },
  ]);
  assertEquals(kept.map(({ id }) => id), ["a", "other"]);
});

Deno.test("short texts are alike where they are equal, empty ones never", async () => {
  const { kept } = await runCorpusStep(MINHASH, [
    { id: "empty", text: "" },
    { id: "dots", text: "..." },
    { id: "one", text: "Yes." },
    { id: "same", text: "yes" },
    { id: "two", text: "Yes, sir." },
    { id: "again", text: "YES SIR" },
  ]);
  assertEquals(kept.map(({ id }) => id), ["empty", "dots", "one", "two"]);
  assertEquals((await runCorpusStep(MINHASH, [])).kept, []);
});

Deno.test("a piece whose next one is dropped is the last of its document", async () => {
  const first = "Something else that begins a document of several pieces here.";
  const { kept } = await runCorpusStep(MINHASH, [
    { id: "known", text: SENTENCE },
    { id: "p#0", text: first, continues: true },
    { id: "p#1", text: SENTENCE },
    { id: "next", text: "A document by itself, unlike the others before it." },
  ]);
  assertEquals(
    kept.map(({ id, continues }) => [id, continues]),
    [["known", undefined], ["p#0", false], ["next", undefined]],
  );
});

Deno.test("ten times the documents take at most eleven times the time", async () => {
  const random = new Random("growth");
  const documents = Array.from({ length: 10_000 }, (_, i): Document => ({
    id: String(i),
    text: Array.from({ length: 60 }, () => `w${random.bits32().toString(36)}`)
      .join(" "),
  }));
  const seconds = async (count: number): Promise<number> => {
    const { user, system } = process.cpuUsage();
    // Little enough that the larger corpus needs files.
    await runCorpusStep(MINHASH, documents.slice(0, count), { memory_mib: 2 });
    const after = process.cpuUsage();
    return (after.user - user + after.system - system) / 1e6;
  };
  await seconds(1000);
  const ratios: number[] = [];
  // What else the machine does disturbs one or the other; a step that is not
  // linear never comes near.
  while (ratios.length < 8 && ratios.every((ratio) => ratio > 11)) {
    const few = await seconds(1000);
    ratios.push(await seconds(10_000) / few);
  }
  console.log(`ratios ${ratios}`);
  assert(Math.min(...ratios) <= 11);
});
