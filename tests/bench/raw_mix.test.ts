import { assert, assertEquals } from "@std/assert";
import { rawMix } from "../../bench/curation/raw_mix.ts";

const SOURCES = {
  chapters: Array.from({ length: 200 }, (_, i) => `Chapter ${i}. `.repeat(90)),
  pages: Array.from(
    { length: 20 },
    (_, i) => `Buy number ${i}, today only\nAll rights reserved ${i}\n`,
  ),
  bytes: 100_000,
  seed: 1,
};

Deno.test("a raw mix is half books and half junk of three kinds", () => {
  const mix = rawMix(SOURCES);
  const bytesOf = (label: number) =>
    mix.filter((document) => document.label === label)
      .reduce((sum, { text }) => sum + text.length, 0);
  for (const label of [0, 1]) {
    const bytes = bytesOf(label);
    // No more than a document of each kind beyond what was asked for.
    assert(bytes >= 100_000 && bytes < 112_000, `${bytes} of label ${label}`);
  }
  const kinds = new Set(mix.map(({ id }) => id.replace(/-\d+$/, "")));
  assertEquals(
    [...kinds].sort(),
    ["boilerplate", "book", "page", "shuffled"],
  );
  assertEquals(new Set(mix.map(({ id }) => id)).size, mix.length);
  assertEquals(rawMix(SOURCES), mix);
  assert(rawMix({ ...SOURCES, seed: 2 })[0].text !== mix[0].text);
});
