import { join } from "@std/path";
import { isRecord } from "../is_record.ts";
import { openShard } from "../shard/shard.ts";
import type { Corpus, CorpusPart } from "./corpus.ts";
import type { PackingReport } from "./packing.ts";

/** Name of the file that describes a prepared corpus, in its folder. */
export const MANIFEST_NAME = "manifest.json";

/** Raised with every change of what is written. */
export const MANIFEST_FORMAT = 1;

/** A part in the manifest; shards are named relative to the folder. */
export interface ManifestPart {
  readonly documents: number;
  readonly bytes: number;
  readonly tokens: number;
  readonly shards: readonly {
    readonly file: string;
    readonly tokens: number;
    readonly sha256: string;
  }[];
}

/** Everything that a prepared corpus says of itself. */
export interface Manifest {
  readonly format: typeof MANIFEST_FORMAT;
  /** Equal where sources, tokenizer and options are. */
  readonly fingerprint: string;
  /** Where the text came from. */
  readonly sources: readonly unknown[];
  readonly tokenizer: {
    readonly kind: string;
    readonly vocabSize: number;
    readonly sha256: string;
  };
  readonly seed: number;
  readonly validationFraction: number;
  /** Whether whole documents were chosen or the end of the text was. */
  readonly split: "documents" | "tail" | "none";
  readonly train: ManifestPart;
  readonly validation: ManifestPart | null;
  /** How training documents are laid out, where it was asked for. */
  readonly packing?: PackingReport | null;
  /** How the documents were curated, where they were. */
  readonly curation?: unknown;
}

/**
 * Reads the manifest of a folder.
 *
 * @param folder A folder, from an untrusted source.
 * @returns The manifest, or null where there is none that can be relied on.
 */
export async function readManifest(folder: string): Promise<Manifest | null> {
  let value: unknown;
  try {
    value = JSON.parse(await Deno.readTextFile(join(folder, MANIFEST_NAME)));
  } catch {
    return null;
  }
  return isManifest(value) ? value : null;
}

/**
 * The corpus that a manifest describes.
 *
 * @param folder The manifest's folder.
 * @param manifest What it says.
 * @param reused Whether it was made earlier.
 * @returns The corpus, or null where a shard is missing or has another length.
 */
export function corpusOf(
  folder: string,
  manifest: Manifest,
  reused: boolean,
): Corpus | null {
  const { packing } = manifest;
  const train = partOf(
    folder,
    manifest.train,
    packing?.method === "best_fit" ? packing.context : undefined,
  );
  const validation = manifest.validation === null
    ? null
    : partOf(folder, manifest.validation);
  if (train === null) return null;
  if (validation === null && manifest.validation !== null) return null;
  return { train, validation, reused };
}

function partOf(
  folder: string,
  part: ManifestPart,
  packedContext?: number,
): CorpusPart | null {
  let tokens = 0;
  for (const shard of part.shards) {
    try {
      const opened = openShard(join(folder, shard.file), { mmap: "off" });
      opened.close();
      if (opened.tokenCount !== shard.tokens) return null;
    } catch {
      return null;
    }
    tokens += shard.tokens;
  }
  if (tokens !== part.tokens) return null;
  return {
    shards: part.shards.map(({ file }) => join(folder, file)),
    start: 0,
    tokens,
    documents: part.documents,
    bytes: part.bytes,
    ...(packedContext === undefined ? {} : { packedContext }),
  };
}

function isManifest(value: unknown): value is Manifest {
  return isRecord(value) && value.format === MANIFEST_FORMAT &&
    typeof value.fingerprint === "string" && isRecord(value.tokenizer) &&
    typeof value.tokenizer.kind === "string" &&
    typeof value.tokenizer.vocabSize === "number" &&
    typeof value.tokenizer.sha256 === "string" && isPart(value.train) &&
    (value.validation === null || isPart(value.validation)) &&
    (value.packing === undefined || value.packing === null ||
      isPacking(value.packing));
}

function isPacking(value: unknown): boolean {
  return isRecord(value) && typeof value.method === "string" &&
    Number.isSafeInteger(value.context) && Number(value.context) > 1;
}

function isPart(value: unknown): value is ManifestPart {
  return isRecord(value) && typeof value.tokens === "number" &&
    typeof value.documents === "number" && typeof value.bytes === "number" &&
    Array.isArray(value.shards) &&
    value.shards.every((shard) =>
      isRecord(shard) && typeof shard.file === "string" &&
      // Nothing outside the folder.
      /^(train|validation)\/[\w-]+\.(bin|ds)$/.test(shard.file) &&
      typeof shard.tokens === "number"
    );
}
