import type { ShardFormatName } from "../shard/shard_format.ts";

/** Where documents of one kind come from. */
export interface CurationSource {
  /** What it is called in tables. */
  readonly name: string;
  /** Files, folders, globs and URLs; paths are absolute. */
  readonly paths: readonly string[];
  /** Field of a record that holds the text. */
  readonly text_field: string;
  /** Field of a record that names the document; its place does without. */
  readonly id_field: string;
  /** Fields that steps may look at; null for all. */
  readonly metadata_fields: readonly string[] | null;
  /** Whether what cannot be read is counted and passed over. */
  readonly skip_bad: boolean;
  /** Share of the mixture, relative to other sources' weights. */
  readonly weight: number | null;
  /** How often the source is gone through. */
  readonly epochs: number | null;
  /** Steps for this source alone, before the common ones; not made yet. */
  readonly steps: readonly unknown[];
}

/** How token files are written. */
export interface ShardSection {
  /** Layout of the files. */
  readonly format: ShardFormatName;
  /** Tokens of a file at most. */
  readonly tokens: number;
  /** Whether documents follow one another or are fitted into contexts. */
  readonly packing: "concat" | "best_fit";
  /** T, the tokens of a context that documents are fitted into. */
  readonly context: number;
}

/** A whole curation, as `curate.yaml` says it. */
export interface CurationConfig {
  /** Folder that takes the corpus; absolute. */
  readonly out: string;
  /** Seed of everything that is drawn. */
  readonly seed: number;
  /** `bytes`, or the absolute path of a tokenizer. */
  readonly tokenizer: string;
  /** Where documents come from, in order. */
  readonly sources: readonly CurationSource[];
  /** Steps for all sources, in order; not made yet. */
  readonly steps: readonly unknown[];
  /** How token files are written. */
  readonly shards: ShardSection;
  /** Whether documents are put into a random order. */
  readonly shuffle: boolean;
  /** Training tokens that weighted sources fill up to; null for what they have. */
  readonly mixture_tokens: number | null;
  /** Share of the text kept for validation; null for the usual one. */
  readonly validation: number | null;
  /** Threads; null for one a core. */
  readonly workers: number | null;
  /** Whether finished stages stay on disk after the end. */
  readonly keep_stages: boolean;
}
