import {
  type Compressors,
  parquetRead,
  parquetSchema,
  type RowGroup,
  type SchemaTree,
} from "npm:hyparquet@^1.31.5";
import { compressors } from "npm:hyparquet-compressors@^1.1.2";
import {
  brotliDecompressSync,
  gunzipSync,
  zstdDecompressSync,
} from "node:zlib";
import type { Document } from "../document.ts";
import { formatBytes } from "../format.ts";
import { BadSource } from "./bad_source.ts";
import { checkPages } from "./check_pages.ts";
import { documentOfFields, missingField } from "./document_of_fields.ts";
import { jsonValue } from "./json_value.ts";
import { damaged, ParquetFile } from "./parquet_file.ts";
import type { FileReadOptions } from "./read_options.ts";
import type { SourceFile } from "./source_file.ts";
import { UnpackedLimit } from "./unpacked_limit.ts";

/** Rows are read in stretches of about this size where pages are indexed. */
const STRETCH_BYTES = 64 * 1024 * 1024;
/** Greatest stretch that is read at all; it takes about three times as much. */
const MAX_STRETCH_BYTES = 2 * 1024 ** 3;
/** Greatest number of rows of a stretch. */
const MAX_STRETCH_ROWS = 2 ** 26;

/**
 * Makes a document of every row of a Parquet file. Row groups are read one
 * after the other, and of a group with an index of its pages only some at a
 * time; no other columns are read than those named. Rows with an empty or
 * missing text are passed over.
 *
 * @param file Which file.
 * @param options Which columns, how much, and what to do with bad input.
 * @returns The documents.
 * @throws {BadSource} If something is bad and must not be passed over.
 */
export async function* parquetRows(
  file: SourceFile,
  options: FileReadOptions,
): AsyncGenerator<Document> {
  if (file.compression !== "none") {
    throw new BadSource(
      "damaged",
      file.path,
      `Cannot read '${file.path}': a Parquet file is read from its end and cannot be packed as a whole; unpack it first`,
    );
  }
  const parquet = await ParquetFile.open(file);
  try {
    const limit = new UnpackedLimit(file, options);
    const columns = chooseColumns(file.path, parquet, options);
    const { row_groups, num_rows } = parquet.metadata;
    let told = 0;
    let start = 0;
    for (const [index, group] of row_groups.entries()) {
      const parts = readGroup(parquet, group, columns, start, limit);
      for (;;) {
        let part: IteratorResult<Stretch, void>;
        try {
          part = await parts.next();
        } catch (error) {
          const where = `, row group ${index + 1} of ${row_groups.length}`;
          options.skip(damaged(file.path, error, where));
          break;
        }
        if (part.done) break;
        yield* documentsOf(file.path, columns, part.value, options);
      }
      start += Number(group.num_rows);
      const read = Math.floor(file.size * (start / Number(num_rows)));
      options.onRead(read - told);
      told = read;
    }
  } finally {
    await parquet.close();
  }
}

/** Names of the columns to read, that of the text first. */
function chooseColumns(
  path: string,
  { metadata }: ParquetFile,
  { textField, idField, metadataFields }: FileReadOptions,
): string[] {
  let children: SchemaTree[];
  try {
    children = parquetSchema(metadata).children;
  } catch (cause) {
    throw damaged(path, cause);
  }
  const names = children.map(({ element }) => element.name);
  const text = children.find(({ element }) => element.name === textField);
  if (text === undefined) {
    throw new BadSource(
      "no_text_field",
      path,
      `Cannot read '${path}': it has no ${
        missingField(textField, names, "column")
      }`,
    );
  }
  const { type, converted_type, logical_type, repetition_type } = text.element;
  const kind = logical_type?.type ?? converted_type;
  const isText = type === "BYTE_ARRAY" && repetition_type !== "REPEATED" &&
    (kind === undefined || ["UTF8", "STRING", "ENUM", "JSON"].includes(kind));
  if (!isText) {
    throw new BadSource(
      "wrong_type",
      path,
      `Cannot read '${path}': its column "${textField}" holds ${
        kind ?? type ?? "a group"
      }, not text`,
    );
  }
  const wanted = new Set([textField, idField, ...metadataFields ?? names]);
  return [...wanted].filter((name) => names.includes(name));
}

/** Some rows of a file. */
interface Stretch {
  /** How many rows are before the first. */
  readonly start: number;
  /** The cells of each row, in the order of the columns asked for. */
  readonly rows: readonly (readonly unknown[])[];
}

/** Reads a row group, in parts where its pages may be read by themselves. */
async function* readGroup(
  file: ParquetFile,
  group: RowGroup,
  columns: string[],
  start: number,
  limit: UnpackedLimit,
): AsyncGenerator<Stretch, void> {
  const chunks = group.columns.filter(({ meta_data }) =>
    columns.includes(meta_data?.path_in_schema[0] ?? "")
  );
  const bytes = chunks.reduce(
    (sum, { meta_data }) =>
      sum + Number(meta_data?.total_uncompressed_size ?? 0n),
    0,
  );
  limit.add(bytes);
  const rows = Number(group.num_rows);
  const indexed = chunks.every((chunk) =>
    chunk.offset_index_offset && chunk.offset_index_length &&
    chunk.meta_data?.path_in_schema.length === 1
  );
  const parts = indexed ? Math.max(1, Math.ceil(bytes / STRETCH_BYTES)) : 1;
  const step = Math.max(1, Math.ceil(rows / parts));
  if (bytes / parts > MAX_STRETCH_BYTES || step > MAX_STRETCH_ROWS) {
    throw new Error(
      `it has ${rows} rows and ${
        formatBytes(bytes)
      } in one piece, more than can be read; write it with smaller row groups`,
    );
  }
  for (const { meta_data } of chunks) {
    if (meta_data) await checkPages(file, meta_data);
  }
  for (let from = 0; from < rows; from += step) {
    const to = Math.min(rows, from + step);
    yield {
      start: start + from,
      rows: await readRows(file, columns, start + from, start + to),
    };
  }
}

async function readRows(
  file: ParquetFile,
  columns: string[],
  rowStart: number,
  rowEnd: number,
): Promise<Stretch["rows"]> {
  let rows: Stretch["rows"] = [];
  await parquetRead({
    file,
    metadata: file.metadata,
    columns,
    rowStart,
    rowEnd,
    useOffsetIndex: true,
    compressors: UNPACKERS,
    parsers: { stringFromBytes: textOf, jsonFromBytes: textOf },
    onComplete: (read) => rows = read,
  });
  return rows;
}

function* documentsOf(
  path: string,
  columns: readonly string[],
  { start, rows }: Stretch,
  options: FileReadOptions,
): Generator<Document> {
  for (const [index, row] of rows.entries()) {
    const place = `${path}:${start + index + 1}`;
    const text = row[0] ?? null;
    try {
      if (typeof text === "string" && !text.isWellFormed()) {
        throw new BadSource(
          "bad_utf8",
          place,
          `Cannot read the row ${place}: its text holds a byte that is not UTF-8`,
        );
      }
      const fields = new Map<string, unknown>([[columns[0], text]]);
      for (let i = 1; i < columns.length; i++) {
        fields.set(columns[i], jsonValue(row[i]));
      }
      const document = documentOfFields(fields, place, options, "row");
      if (document !== null) yield document;
    } catch (error) {
      if (!(error instanceof BadSource)) throw error;
      options.skip(error);
    }
  }
}

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of bytes; half a surrogate pair where they are not UTF-8. */
function textOf(bytes: Uint8Array | null | undefined): string | null {
  if (!bytes) return null;
  try {
    return DECODER.decode(bytes);
  } catch {
    return "\udcff";
  }
}

/** Node's decoders are faster, and none gives more than is declared. */
const UNPACKERS: Compressors = {
  ...compressors,
  ZSTD: bounded(zstdDecompressSync),
  GZIP: bounded(gunzipSync),
  BROTLI: bounded(brotliDecompressSync),
};

function bounded(
  unpack: (
    input: Uint8Array,
    options: { readonly maxOutputLength: number },
  ) => Uint8Array,
): (input: Uint8Array, length: number) => Uint8Array {
  return (input, length) =>
    length === 0
      ? new Uint8Array()
      : unpack(input, { maxOutputLength: length });
}
