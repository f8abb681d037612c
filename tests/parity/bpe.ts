/**
 * Makes the hashes anew that tests of byte-pair vocabularies compare with, by
 * Hugging Face's Rust library: the merges it learns from five novels, and the
 * ids it gives to novels, web pages and hard texts. They have to be those that
 * are checked in; `--write` replaces them.
 *
 * Needs python3 with `tokenizers`; PYTHON names another interpreter. Run:
 *     deno run -A tests/parity/bpe.ts
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { writeAtomic } from "../../data/atomic_write.ts";
import { sharedData } from "../data/shared_data.ts";
import {
  encodingTexts,
  encodingTokenizers,
} from "../data/tokenize/encoding_cases.ts";
import hashes from "../data/tokenize/testdata/bpe_hashes.json" with {
  type: "json",
};
import { runPython } from "./run_python.ts";

const HASHES = fromFileUrl(
  new URL("../data/tokenize/testdata/bpe_hashes.json", import.meta.url),
);
const SCRIPT = fromFileUrl(new URL("./bpe.py", import.meta.url));

const python = (args: readonly string[], input: string): Promise<string> =>
  runPython(SCRIPT, args, input);

const books = sharedData("text/gutenberg_books.jsonl");
assert(books !== null, "the novels are needed");
const merges: Record<string, string> = JSON.parse(
  await python(["train", books, "8192"], ""),
);
const ids: Record<string, Record<string, string>> = {};
const folder = await Deno.makeTempDir();
try {
  const texts = await encodingTexts();
  for (const [name, json] of await encodingTokenizers()) {
    const path = join(folder, `${name}.json`);
    await Deno.writeTextFile(path, json);
    ids[name] = {};
    for (const [set, all] of texts) {
      const answer: { hash: string; changed: number } = JSON.parse(
        await python(["encode", path], JSON.stringify(all)),
      );
      assertEquals(answer.changed, 0);
      ids[name][set] = answer.hash;
      console.log(`${name} ${set}: ${all.length} texts`);
    }
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
if (Deno.args.includes("--write")) {
  await writeAtomic(HASHES, JSON.stringify({ merges, ids }, null, 2) + "\n");
} else {
  assertEquals({ merges, ids }, hashes);
}
