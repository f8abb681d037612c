import { assert, assertEquals } from "@std/assert";
import { DroppedSamples } from "../../../data/curate/dropped_samples.ts";
import { Random } from "../../../data/random.ts";

const REASONS = ["short", "long"];

function sample(ids: readonly number[], seed = 1): DroppedSamples {
  const samples = new DroppedSamples(seed);
  for (const id of ids) {
    samples.offer({ id: `d${id}`, text: `text ${id}` }, REASONS[id % 2]);
  }
  return samples;
}

Deno.test("a sample depends neither on the order nor on who saw what", () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = new Random(seed);
  const ids = Array.from({ length: 1000 }, (_, i) => i);
  const whole = sample(ids).list();
  assertEquals(whole.length, 2 * 20);
  assertEquals(sample(random.shuffle([...ids])).list(), whole, `seed ${seed}`);
  const cut = random.integer(1000);
  const parts = sample(ids.slice(cut));
  parts.merge(sample(ids.slice(0, cut)).list());
  assertEquals(parts.list(), whole, `seed ${seed}`);
});

Deno.test("every document is as likely to be kept", () => {
  // 200 samples of 20 of 100: each is kept 40 times on average, with a
  // deviation of √(200 · .2 · .8) = 5.7; the seeds are fixed.
  const kept = new Map<string, number>();
  const ids = Array.from({ length: 100 }, (_, i) => 2 * i);
  for (let seed = 0; seed < 200; seed++) {
    for (const { id } of sample(ids, seed).list()) {
      kept.set(id, (kept.get(id) ?? 0) + 1);
    }
  }
  assertEquals(kept.size, 100);
  for (const [id, times] of kept) {
    assert(times > 15 && times < 65, `${id}: ${times}`);
  }
});

Deno.test("of a huge text the beginning is kept, and no half of a character", () => {
  const samples = new DroppedSamples(1);
  samples.offer({ id: "a", text: "x" + "😀".repeat(10_000) }, "long");
  const [{ text, length }] = samples.list();
  assertEquals(length, 20_001);
  assertEquals(text, "x" + "😀".repeat(999));
});
