import { basename, join } from "@std/path";
import { InputError } from "../input_error.ts";
import { findSourceFiles } from "../read/find_source_files.ts";
import { openShard } from "../shard/shard.ts";
import type { Corpus, CorpusPart } from "./corpus.ts";
import { corpusOf, type Manifest, readManifest } from "./manifest.ts";
import { defaultValidationFraction } from "./validation_split.ts";

/** `fineweb_val_000000.bin` and the like, as llm.c names them. */
const VALIDATION_NAME = /(^|[_-])val(idation)?([_.-]|$)/;

interface FoundShards {
  readonly train: string[];
  readonly validation: string[];
}

/**
 * Takes data that is already tokens as it is: `.bin`, `.ds` and `.idx` files
 * of llm.c, nanoGPT, datatrove and Megatron, folders of them (in `train` and
 * `validation` or `val`, or told apart by `val` in their names) and prepared
 * corpora. Where nothing is marked as validation it is the tail.
 *
 * @param paths Files and folders.
 * @param tokenizer What a prepared corpus has to be made with.
 * @param fraction Share for validation where the shards do not say.
 * @returns The corpus, or null where the paths hold no tokens.
 * @throws {InputError} If some paths hold tokens and others text, or a shard is
 * damaged, or a corpus was made with another tokenizer.
 */
export async function givenShards(
  paths: readonly string[],
  tokenizer: Manifest["tokenizer"],
  fraction: number | undefined,
): Promise<Corpus | null> {
  if (paths.length === 1) {
    const manifest = await readManifest(paths[0]);
    const made = manifest?.tokenizer;
    if (made !== undefined && made.sha256 !== tokenizer.sha256) {
      throw new InputError(
        `Cannot use the corpus '${
          paths[0]
        }': it was made with another tokenizer (${made.kind}, ${made.vocabSize} ids) than the one given (${tokenizer.kind}, ${tokenizer.vocabSize} ids); give the tokenizer that lies in its folder`,
      );
    }
    const corpus = manifest && corpusOf(paths[0], manifest, true);
    if (corpus !== null) return corpus;
  }
  const { found, others } = await findShards(paths);
  if (others.length === paths.length) return null;
  if (others.length > 0) {
    throw new InputError(
      `Cannot mix token shards with text: '${
        others[0]
      }' is no shard; prepare it first or leave it out`,
    );
  }
  if (found.train.length === 0) {
    throw new InputError(
      `Cannot train on '${
        paths.join("', '")
      }': all shards are named as validation; add some to train on`,
    );
  }
  const train = wholePart(found.train);
  if (found.validation.length > 0) {
    return { train, validation: wholePart(found.validation), reused: true };
  }
  // English text has about four bytes a token.
  const share = fraction ?? defaultValidationFraction(train.tokens * 4);
  const kept = share === 0 ? 0 : Math.max(1, Math.floor(train.tokens * share));
  const start = train.tokens - kept;
  return {
    train: { ...train, tokens: start },
    validation: kept === 0 ? null : { ...train, start, tokens: kept },
    reused: true,
  };
}

/**
 * Whether something of some data is tokens already.
 *
 * @param paths Files and folders, and whatever else data may be.
 */
export async function holdsTokens(paths: readonly string[]): Promise<boolean> {
  for (const path of paths) if (await readManifest(path) !== null) return true;
  return (await findShards(paths)).others.length < paths.length;
}

/** The shards that paths stand for, and the paths that hold none. */
async function findShards(
  paths: readonly string[],
): Promise<{ found: FoundShards; others: readonly string[] }> {
  const found: FoundShards = { train: [], validation: [] };
  const others: string[] = [];
  for (const path of paths) {
    if (!await collect(path, found)) others.push(path);
  }
  return { found, others };
}

/** Adds the shards that a path stands for; false where it holds none. */
async function collect(path: string, found: FoundShards): Promise<boolean> {
  const info = await Deno.stat(path).catch(() => null);
  if (info === null) return false;
  if (!info.isDirectory) {
    if (!/\.(bin|ds|idx)$/.test(path)) return false;
    // Megatron's two files are one shard.
    add(path.replace(/\.idx$/, ".bin"), found);
    return true;
  }
  const before = found.train.length + found.validation.length;
  for (const name of ["train", "validation", "val"]) {
    const part = name === "train" ? found.train : found.validation;
    part.push(...await shardFiles(join(path, name)));
  }
  if (found.train.length + found.validation.length > before) return true;
  const files = await shardFiles(path);
  if (files.length === 0 || await holdsText(path)) return false;
  for (const file of files) add(file, found);
  return true;
}

function add(path: string, found: FoundShards): void {
  const validation = VALIDATION_NAME.test(basename(path));
  const part = validation ? found.validation : found.train;
  if (!part.includes(path)) part.push(path);
}

/** The shards of a folder; Megatron's stand there by their `.bin`. */
async function shardFiles(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (!entry.isDirectory && /^[^.].*\.(bin|ds)$/.test(entry.name)) {
        names.push(entry.name);
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort().map((name) => join(folder, name));
}

async function holdsText(folder: string): Promise<boolean> {
  try {
    return (await findSourceFiles([folder])).length > 0;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

function wholePart(shards: readonly string[]): CorpusPart {
  let tokens = 0;
  for (const path of shards) {
    const shard = openShard(path, { mmap: "off" });
    tokens += shard.tokenCount;
    shard.close();
  }
  return { shards, start: 0, tokens, documents: null, bytes: null };
}
