import type { Document } from "../document.ts";
import type { DownloadProgress } from "../download/download_options.ts";
import { findSourceFiles } from "../read/find_source_files.ts";
import { readDocuments } from "../read/read_documents.ts";
import { utf8Length } from "../utf8_length.ts";
import type { CurationSource } from "./curation_config.ts";
import type { FileStamp } from "./resolve_step.ts";
import type { SourceCounts } from "./run_stage.ts";
import { withSourceName } from "./source_name.ts";

/** Reads one source of a curation, and counts. */
export class SourceReader {
  /** Its files. */
  readonly files: readonly FileStamp[];
  /** Size of them all as stored. */
  readonly totalBytes: number;
  readonly #source: CurationSource;
  readonly #skipped = new Map<string, number>();
  #bytesRead = 0;
  #documents = 0;
  #bytes = 0;

  private constructor(source: CurationSource, files: readonly FileStamp[]) {
    this.#source = source;
    this.files = files;
    this.totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * Finds the files of a source.
   *
   * @param source The source.
   * @param onDownload Is told how far a download has come.
   * @returns A reader.
   * @throws {InputError} If a path does not exist or holds nothing readable.
   */
  static async open(
    source: CurationSource,
    onDownload?: (progress: DownloadProgress) => void,
  ): Promise<SourceReader> {
    const files = await findSourceFiles(source.paths, {
      onProgress: onDownload,
    });
    return new SourceReader(
      source,
      files.map(({ path, size, modified, sha256 }) => ({
        path,
        bytes: size,
        // What was downloaded is told by its content.
        ...(sha256 === null ? { modified } : { sha256 }),
      })),
    );
  }

  /** Bytes read so far, as stored. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /**
   * Reads the documents, once.
   *
   * @returns The documents, each noted as of this source.
   * @throws {InputError} If something cannot be read and is not to be skipped.
   */
  async *documents(): AsyncGenerator<Document> {
    const { name, paths, text_field, id_field, metadata_fields, skip_bad } =
      this.#source;
    const read = readDocuments(paths, {
      textField: text_field,
      idField: id_field,
      metadataFields: metadata_fields ?? undefined,
      onSkip: skip_bad ? ({ reason }) => this.#skip(reason) : undefined,
      onProgress: ({ bytesRead }) => this.#bytesRead = bytesRead,
    });
    for await (const document of read) {
      this.#documents++;
      this.#bytes += utf8Length(document.text);
      yield withSourceName(document, name);
    }
  }

  /**
   * Tells what was read.
   *
   * @returns Counts so far.
   */
  counts(): SourceCounts {
    return {
      name: this.#source.name,
      documents: this.#documents,
      bytes: this.#bytes,
      skipped: Object.fromEntries(this.#skipped),
    };
  }

  #skip(reason: string): void {
    this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1);
  }
}
