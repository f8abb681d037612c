/**
 * Compares our tokenizers with Hugging Face's Rust library: the vocabularies
 * and numbers checked in as test data are made again, and what our own
 * tokenizers save is loaded there and has to encode the same.
 *
 * Needs python3 with `tokenizers`. Run: deno run -A tests/parity/tokenizers.ts
 */
import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { loadTokenizer } from "../../data/tokenize/load_tokenizer.ts";
import type { Tokenizer } from "../../data/tokenize/tokenizer.ts";
import { sharedData } from "../data/shared_data.ts";
import expected from "../data/tokenize/testdata/expected.json" with {
  type: "json",
};
import { runPython } from "./run_python.ts";

const SCRIPT = fromFileUrl(new URL("./tokenizers.py", import.meta.url));

const python = (args: readonly string[], input: string): Promise<string> =>
  runPython(SCRIPT, args, input);

async function compare(
  tokenizer: Tokenizer,
  texts: readonly string[],
  folder: string,
): Promise<void> {
  for (const [name, content] of tokenizer.files()) {
    await Deno.writeTextFile(join(folder, name), content);
  }
  const path = join(folder, "tokenizer.json");
  const answers: { ids: number[]; decoded: string }[] = JSON.parse(
    await python(["encode", path], JSON.stringify(texts)),
  );
  answers.forEach(({ ids, decoded }, i) => {
    assertEquals([...tokenizer.encode(texts[i])], ids);
    assertEquals(tokenizer.decode(ids), decoded);
  });
  console.log(`${tokenizer.kind}: ${texts.length} texts encode the same`);
}

const folder = await Deno.makeTempDir();
try {
  await python(["make", folder], "");
  assertEquals(
    JSON.parse(await Deno.readTextFile(join(folder, "expected.json"))),
    expected,
  );
  console.log("huggingface: the numbers checked in are made again the same");
  const texts = Object.values(expected)[0].map(({ text }) => text);
  const shakespeare = sharedData("text/tinyshakespeare.txt");
  if (shakespeare !== null) {
    const play = await Deno.readTextFile(shakespeare);
    texts.push(play.slice(0, 20_000), play.slice(-20_000));
  }
  for (const source of ["bytes", "characters"]) {
    const tokenizer = await loadTokenizer(source, { texts: () => texts });
    await compare(tokenizer, texts, folder);
  }
  const llama = sharedData("model/tok512.bin");
  if (llama !== null) await compare(await loadTokenizer(llama), texts, folder);
} finally {
  await Deno.remove(folder, { recursive: true });
}
