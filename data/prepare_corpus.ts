import { join } from "@std/path";
import { createHash } from "node:crypto";
import { withAtomicDirectory } from "./atomic_write.ts";
import type { Corpus } from "./corpus/corpus.ts";
import { describePart } from "./corpus/describe_part.ts";
import { givenShards } from "./corpus/given_shards.ts";
import {
  corpusOf,
  type Manifest,
  MANIFEST_FORMAT,
  MANIFEST_NAME,
  readManifest,
} from "./corpus/manifest.ts";
import { tokenizerStamp } from "./corpus/tokenizer_stamp.ts";
import { refuseForeignFolder } from "./corpus/refuse_foreign_folder.ts";
import { defaultValidationFraction } from "./corpus/validation_split.ts";
import { writeParts } from "./corpus/write_parts.ts";
import type { Document } from "./document.ts";
import { InputError } from "./input_error.ts";
import { findSourceFiles } from "./read/find_source_files.ts";
import { absoluteSource } from "./read/absolute_source.ts";
import { readDocuments } from "./read/read_documents.ts";
import type { ReadOptions } from "./read/read_options.ts";
import type { Tokenizer } from "./tokenize/tokenizer.ts";

/** How far preparation has come. */
export interface PrepareProgress {
  /** Bytes of files read so far, as stored. */
  readonly bytesRead: number;
  /** Bytes of all sources as stored, or null where unknown. */
  readonly totalBytes: number | null;
  /** Tokens written so far. */
  readonly tokens: number;
}

/** Options of {@linkcode prepareCorpus}. */
export interface PrepareOptions {
  /**
   * Files, folders, globs and URLs of text, files of tokens, or a stream of
   * documents.
   */
  readonly data: readonly string[] | AsyncIterable<Document>;
  /**
   * Says what a stream of documents is, for instance `"primer, seed 1"`.
   * Without it a stream is prepared anew each time.
   */
  readonly dataName?: string;
  /** Encodes the text. */
  readonly tokenizer: Tokenizer;
  /** Folder that takes the result; made here. */
  readonly outDir: string;
  /** Chooses which documents are kept for validation. */
  readonly seed: number;
  /**
   * Share of the text kept for validation, 0 … 1.
   *
   * @default a tenth, but about 4 MiB at most
   */
  readonly validationFraction?: number;
  /**
   * Tokens of a file at most.
   *
   * @default 100_000_000
   */
  readonly shardTokens?: number;
  /** Where the text stands, what becomes of bad input, how to download. */
  readonly read?: Pick<ReadOptions, "textField" | "onSkip" | "download">;
  /** Is told now and then. */
  readonly onProgress?: (progress: PrepareProgress) => void;
}

/**
 * Turns text into token files to train and to validate on: `train/*.bin`,
 * `validation/*.bin`, `manifest.json` and the tokenizer's files in a folder, the
 * end-of-text token after each document.
 *
 * Of 20 documents and more whole ones are kept for validation, chosen by their
 * text and the seed; of fewer it is the end of the text, cut at a line end. The
 * folder appears when it is complete; called again with the same files,
 * tokenizer and options the result is used again. Data that is tokens already
 * is used as it is.
 *
 * @param options What, how and where to.
 * @returns Where the tokens of both parts are, and how many.
 * @throws {InputError} If the data cannot be read or is empty, or the folder
 * holds something else.
 *
 * @example
 * ```ts
 * import { loadTokenizer, openPart, prepareCorpus } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/a.txt`, "One line.\nAnother line.\n");
 * const tokenizer = await loadTokenizer("bytes");
 * const corpus = await prepareCorpus({
 *   data: [`${folder}/a.txt`],
 *   tokenizer,
 *   outDir: `${folder}/tokens`,
 *   seed: 1,
 *   validationFraction: 0,
 * });
 * const source = openPart(corpus.train, { vocabSize: tokenizer.vocabSize });
 * const tokens = new Uint32Array(9);
 * source.read(0, tokens);
 * assertEquals(tokenizer.decode(tokens), "One line.");
 * source.close();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function prepareCorpus(options: PrepareOptions): Promise<Corpus> {
  const { data, tokenizer, outDir, validationFraction } = options;
  if (
    validationFraction !== undefined &&
    !(validationFraction >= 0 && validationFraction < 1)
  ) {
    throw new InputError(
      `Cannot keep the share ${validationFraction} for validation: it has to be at least 0 and below 1`,
    );
  }
  const about = tokenizerStamp(tokenizer);
  if (isPaths(data)) {
    const given = await givenShards(data, about, validationFraction);
    if (given !== null) return given;
  }
  const sources = await describeSources(options);
  const fraction = validationFraction ??
    defaultValidationFraction(sources.bytes);
  const inputs = {
    sources: sources.list,
    tokenizer: about,
    seed: options.seed,
    validationFraction: fraction,
  };
  const fingerprint = sha256Of(JSON.stringify([
    MANIFEST_FORMAT,
    inputs,
    options.shardTokens ?? null,
    options.read?.textField ?? null,
    options.read?.onSkip !== undefined,
  ]));
  const existing = await readManifest(outDir);
  if (sources.stable && existing?.fingerprint === fingerprint) {
    const corpus = corpusOf(outDir, existing, true);
    if (corpus !== null) return corpus;
  }
  if (existing === null) await refuseForeignFolder(outDir);
  const manifest = await withAtomicDirectory(outDir, async (folder) => {
    const progress = { bytesRead: 0, tokens: 0 };
    const report = (change: Partial<PrepareProgress>): void => {
      Object.assign(progress, change);
      options.onProgress?.({ ...progress, totalBytes: sources.bytes });
    };
    const documents = isPaths(data)
      ? readDocuments(data, {
        ...options.read,
        metadataFields: [],
        onProgress: ({ bytesRead }) => report({ bytesRead }),
      })
      : data;
    const parts = await writeParts(documents, {
      folder,
      tokenizer,
      seed: options.seed,
      fraction,
      shardTokens: options.shardTokens,
      onTokens: (tokens) => report({ tokens }),
    });
    const validation = parts.validation &&
      await describePart("validation", parts.validation);
    const written: Manifest = {
      format: MANIFEST_FORMAT,
      fingerprint,
      ...inputs,
      split: parts.split,
      train: await describePart("train", parts.train),
      validation,
    };
    for (const [name, content] of tokenizer.files()) {
      await Deno.writeTextFile(join(folder, name), content);
    }
    await Deno.writeTextFile(
      join(folder, MANIFEST_NAME),
      JSON.stringify(written, null, 2) + "\n",
    );
    return written;
  });
  const corpus = corpusOf(outDir, manifest, false);
  if (corpus === null) {
    throw new Error(`Cannot read back the corpus just written to '${outDir}'`);
  }
  return corpus;
}

interface Sources {
  readonly list: readonly unknown[];
  /** Size as stored, or null where unknown. */
  readonly bytes: number | null;
  /** Whether the list tells whether the data has changed. */
  readonly stable: boolean;
}

async function describeSources(options: PrepareOptions): Promise<Sources> {
  const { data, dataName } = options;
  if (!isPaths(data)) {
    const list = [{ name: dataName ?? null }];
    return { list, bytes: null, stable: dataName !== undefined };
  }
  const files = await findSourceFiles(data, options.read?.download);
  return {
    list: files.map(({ path, size, modified, sha256 }) => ({
      path: absoluteSource(path),
      bytes: size,
      ...(sha256 === null ? { modified } : { sha256 }),
    })),
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    // A pipe has no size and gives something else each time.
    stable: files.every(({ size }) => size > 0),
  };
}

function isPaths(
  data: readonly string[] | AsyncIterable<Document>,
): data is readonly string[] {
  return Array.isArray(data);
}

function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
