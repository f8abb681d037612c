/** How the text of a file is laid out. */
export type SourceFormat = "text" | "jsonl" | "csv" | "tsv" | "parquet";

/** How the bytes of a file are packed. */
export type Compression = "none" | "gzip" | "zstd";

/** A file of raw text. */
export interface SourceFile {
  /** What it is called: its path, or the URL that it is from. */
  readonly path: string;
  /** Path of its bytes on this machine. */
  readonly local: string;
  readonly format: SourceFormat;
  readonly compression: Compression;
  /** Size as stored, in bytes. */
  readonly size: number;
  /** Last change, in milliseconds since 1970; 0 where unknown. */
  readonly modified: number;
  /** SHA-256 of a file that was downloaded, in hexadecimal; null of others. */
  readonly sha256: string | null;
  /** Whether it was named itself and not only found in a folder. */
  readonly named: boolean;
}
