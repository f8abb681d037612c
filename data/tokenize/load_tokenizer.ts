import { extname, join } from "@std/path";
import { formatBytes } from "../format.ts";
import { InputError } from "../input_error.ts";
import { ByteTokenizer } from "./bytes.ts";
import { CharacterTokenizer } from "./characters.ts";
import { Llama2cTokenizer } from "./llama2c.ts";
import { parseLlama2cFile } from "./llama2c_file.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { tokenizerOf } from "./tokenizer_of.ts";

/** The largest vocabularies take some 35 MB. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** Options of {@linkcode loadTokenizer}. */
export interface LoadTokenizerOptions {
  /**
   * Gives the texts that `"characters"` learns its alphabet from; called only
   * for that.
   */
  readonly texts?: () => AsyncIterable<string> | Iterable<string>;
  /**
   * Number of tokens of a llama2.c file; all that the file holds unless given.
   */
  readonly vocabSize?: number;
}

/**
 * Makes the tokenizer that a name or a path stands for.
 *
 * @param source `"bytes"`, `"characters"`, the path of a `tokenizer.json`, of a
 * folder that holds one, or of a llama2.c `tokenizer.bin`. A
 * `tokenizer_config.json` beside a `tokenizer.json` is read too.
 * @param options Where the alphabet comes from, or the size of a vocabulary.
 * @returns The tokenizer. What a tokenizer saved by
 * {@linkcode Tokenizer.files} loads as encodes the same.
 * @throws {InputError} If there is no such file or it is no tokenizer.
 *
 * @example
 * ```ts
 * import { loadTokenizer } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = await loadTokenizer("bytes");
 * assertEquals([...bytes.encode("Hi")], [72, 105]);
 *
 * const characters = await loadTokenizer("characters", {
 *   texts: () => ["abba", "cab"],
 * });
 * assertEquals(characters.vocabSize, 4); // a, b, c, end of text
 * assertEquals(characters.decode(characters.encode("cab")), "cab");
 * ```
 */
export async function loadTokenizer(
  source: string,
  options: LoadTokenizerOptions = {},
): Promise<Tokenizer> {
  if (source === "bytes") return new ByteTokenizer();
  if (source === "characters") {
    if (options.texts === undefined) {
      throw new InputError(
        `Cannot make the tokenizer "characters" without texts: its alphabet is learnt from the training data`,
      );
    }
    return await CharacterTokenizer.learn(options.texts());
  }
  const info = await statOrExplain(source);
  const path = info.isDirectory ? join(source, "tokenizer.json") : source;
  if (extname(path) === ".bin") {
    const bytes = await readLimited(path);
    return new Llama2cTokenizer(
      parseLlama2cFile(bytes, path, options.vocabSize),
    );
  }
  const tokenizer = await readText(path);
  const configPath = path.replace(/tokenizer\.json$/, "tokenizer_config.json");
  const config = configPath !== path && await isFile(configPath)
    ? await readText(configPath)
    : undefined;
  return tokenizerOf({ tokenizer, config, path });
}

async function statOrExplain(source: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(source);
  } catch (cause) {
    throw new InputError(
      `Cannot load the tokenizer '${source}': ${
        cause instanceof Deno.errors.NotFound
          ? `there is no such file or folder; give "bytes", "characters" or the path of a tokenizer.json, its folder or a llama2.c .bin`
          : cause instanceof Error
          ? cause.message
          : cause
      }`,
      { cause },
    );
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

async function readLimited(path: string): Promise<Uint8Array> {
  const { size } = await statOrExplain(path);
  if (size > MAX_FILE_BYTES) {
    throw new InputError(
      `Cannot load the tokenizer '${path}': it has ${
        formatBytes(size)
      }, more than the ${formatBytes(MAX_FILE_BYTES)} allowed`,
    );
  }
  return await Deno.readFile(path);
}

async function readText(path: string): Promise<string> {
  const bytes = await readLimited(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InputError(
      `Cannot load the tokenizer '${path}': the file is not UTF-8 text`,
      { cause },
    );
  }
}
