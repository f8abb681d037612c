import { assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { InputError } from "../../../data/input_error.ts";
import { loadTokenizer } from "../../../data/tokenize/load_tokenizer.ts";
import type { Tokenizer } from "../../../data/tokenize/tokenizer.ts";
import { sharedData } from "../shared_data.ts";
import { withFolder } from "../with_folder.ts";

const TEXT = "A boat, 12 oars;\n\tété 😀 \u0085\ufeff";

async function saved(
  tokenizer: Tokenizer,
  folder: string,
): Promise<Tokenizer> {
  for (const [name, content] of tokenizer.files()) {
    await Deno.writeTextFile(join(folder, name), content);
  }
  return await loadTokenizer(folder);
}

Deno.test("bytes and characters load as themselves from what they save", () =>
  withFolder(async (folder) => {
    for (const source of ["bytes", "characters"]) {
      const tokenizer = await loadTokenizer(source, { texts: () => [TEXT] });
      const loaded = await saved(tokenizer, folder);
      assertEquals(loaded.kind, source);
      assertEquals(loaded.vocabSize, tokenizer.vocabSize);
      assertEquals(loaded.endOfText, tokenizer.endOfText);
      assertEquals(loaded.encode(TEXT), tokenizer.encode(TEXT));
      assertEquals(loaded.decode(loaded.encode(TEXT)), TEXT);
    }
  }));

Deno.test("a tokenizer.json keeps its bytes and its configuration", () =>
  withFolder(async (folder) => {
    const path = fromFileUrl(new URL("./testdata/gpt2.json", import.meta.url));
    const json = await Deno.readTextFile(path);
    await Deno.writeTextFile(join(folder, "tokenizer.json"), json);
    const config = `{"eos_token": {"content": "e"}}`;
    await Deno.writeTextFile(join(folder, "tokenizer_config.json"), config);
    const tokenizer = await loadTokenizer(folder);
    assertEquals(tokenizer.kind, "huggingface");
    assertEquals(tokenizer.endOfText, tokenizer.encode("e")[0]);
    assertEquals(tokenizer.files().get("tokenizer.json"), json);
    assertEquals(tokenizer.files().get("tokenizer_config.json"), config);
  }));

Deno.test("a llama2.c vocabulary encodes the same once saved", () =>
  withFolder(async (folder) => {
    const path = sharedData("model/tok512.bin");
    if (path === null) return;
    const tokenizer = await loadTokenizer(path);
    assertEquals(tokenizer.kind, "llama2c");
    const loaded = await saved(tokenizer, folder);
    assertEquals(loaded.beginOfText, tokenizer.beginOfText);
    assertEquals(loaded.endOfText, tokenizer.endOfText);
    assertEquals(loaded.encode(TEXT), tokenizer.encode(TEXT));
    assertEquals(loaded.decode(loaded.encode(TEXT)), TEXT);
  }));

Deno.test("what is no tokenizer is an input error", () =>
  withFolder(async (folder) => {
    await assertRejects(
      () => loadTokenizer(join(folder, "none.json")),
      InputError,
      "there is no such file",
    );
    await assertRejects(() => loadTokenizer(folder), InputError, folder);
    await assertRejects(
      () => loadTokenizer("characters"),
      InputError,
      "without texts",
    );
    const path = join(folder, "x.json");
    await Deno.writeFile(path, Uint8Array.of(0xff, 0xfe));
    await assertRejects(() => loadTokenizer(path), InputError, "not UTF-8");
  }));
