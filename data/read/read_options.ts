import type { DownloadOptions } from "../download/download_options.ts";
import type { BadSource } from "./bad_source.ts";

/** How far reading has come. */
export interface ReadProgress {
  /** The file being read. */
  readonly path: string;
  /** Bytes read so far of all files, as stored. */
  readonly bytesRead: number;
  /** Bytes of all files, as stored. */
  readonly totalBytes: number;
}

/** Options of {@linkcode readDocuments}. */
export interface ReadOptions {
  /**
   * Field of a JSONL line, or column of a table, that holds the text.
   *
   * @default "text"
   */
  readonly textField?: string;
  /**
   * Field or column that names the document, by a text or a number. Where it
   * is missing a document is named `path:number` by its line or row.
   *
   * @default "id"
   */
  readonly idField?: string;
  /**
   * Fields or columns that become metadata; those that a file lacks are passed
   * over, and of a Parquet file no other column is read. Without it all become
   * metadata but text and id.
   */
  readonly metadataFields?: readonly string[];
  /**
   * Is told of every part that cannot be read and is passed over: a document,
   * a line, or all that is left of a file. Without it the first one ends the
   * reading; so does one for which this throws.
   */
  readonly onSkip?: (skipped: BadSource) => void;
  /** Is told after every chunk read. */
  readonly onProgress?: (progress: ReadProgress) => void;
  /** Where to keep what URLs give, and who is told of the downloading. */
  readonly download?: DownloadOptions;
  /**
   * Characters up to which a text file is one document; a larger one comes in
   * pieces. A line, a record or a text of a table that is longer is an error.
   *
   * @default 16 Mi
   */
  readonly maxDocumentLength?: number;
  /**
   * Characters of the pieces that a larger text file comes in.
   *
   * @default 1 Mi
   */
  readonly pieceLength?: number;
  /**
   * Bytes that one packed file may hold when unpacked.
   *
   * @default 1 Ti
   */
  readonly maxUnpackedBytes?: number;
  /**
   * How many times its stored size a packed file may hold, beyond its first
   * 256 MiB; text reaches 3 to 30, and a gzip bomb 1000.
   *
   * @default 250
   */
  readonly maxUnpackRatio?: number;
}

/** {@linkcode ReadOptions} of one file, with defaults and decisions made. */
export interface FileReadOptions {
  readonly textField: string;
  readonly idField: string;
  readonly metadataFields: readonly string[] | undefined;
  readonly maxDocumentLength: number;
  readonly pieceLength: number;
  readonly maxUnpackedBytes: number;
  readonly maxUnpackRatio: number;
  /** Whether {@linkcode skip} passes over bad parts and does not throw. */
  readonly skips: boolean;
  /** Tells of a part that cannot be read; throws it where it is not allowed. */
  readonly skip: (bad: BadSource) => void;
  /** Is told of the number of stored bytes read since the last call. */
  readonly onRead: (bytes: number) => void;
}
