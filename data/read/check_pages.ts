import type { ColumnMetaData, PageHeader } from "npm:hyparquet@^1.31.5";
import { parquetHeader } from "npm:hyparquet@^1.31.5/src/column.js";
import type { ParquetFile } from "./parquet_file.ts";

/** A header has some dozen bytes, with statistics some hundred. */
const HEADER_BYTES = 4096;
/** Greatest header that is read. */
const MAX_HEADER_BYTES = 1024 * 1024;

/**
 * Checks the headers of a column's pages before the pages are decoded: the
 * decoder takes counts and lengths for what they say, and a wrong one can keep
 * it busy for ever.
 *
 * @param file The open file.
 * @param meta What the footer says of the column in one row group; its place
 * is inside the file.
 * @throws {Error} If a header is broken, or contradicts the footer.
 */
export async function checkPages(
  file: ParquetFile,
  meta: ColumnMetaData,
): Promise<void> {
  const name = meta.path_in_schema.join(".");
  let at = Number(meta.dictionary_page_offset || meta.data_page_offset);
  const end = at + Number(meta.total_compressed_size);
  let values = 0;
  // Arrow's own reader stops when it has all values, whatever follows.
  while (at < end && values < Number(meta.num_values)) {
    const { header, length } = await readHeader(file, at, end);
    at += length;
    const problem = problemOf(header, end - at, meta);
    if (problem !== null) {
      throw new Error(`a page of column "${name}" has ${problem}`);
    }
    at += header.compressed_page_size;
    values += valuesOf(header);
  }
  if (values !== Number(meta.num_values)) {
    throw new Error(
      `column "${name}" has ${values} values where its footer says ${meta.num_values}`,
    );
  }
}

async function readHeader(
  file: ParquetFile,
  start: number,
  end: number,
): Promise<{ header: PageHeader; length: number }> {
  for (let size = HEADER_BYTES;; size *= 16) {
    const stop = Math.min(end, start + size);
    const reader = {
      view: new DataView(await file.slice(start, stop)),
      offset: 0,
    };
    try {
      const header = parquetHeader(reader);
      return { header, length: reader.offset };
    } catch (error) {
      if (stop === end || size >= MAX_HEADER_BYTES) throw error;
    }
  }
}

function valuesOf(header: PageHeader): number {
  return header.data_page_header?.num_values ??
    header.data_page_header_v2?.num_values ?? 0;
}

/** What is wrong with a header, or null. */
function problemOf(
  header: PageHeader,
  room: number,
  meta: ColumnMetaData,
): string | null {
  const { type, compressed_page_size, uncompressed_page_size } = header;
  if (!isCount(compressed_page_size, room)) {
    return `${compressed_page_size} bytes where there are ${room}`;
  }
  // Levels and values of the greatest page are part of the whole.
  if (!isCount(uncompressed_page_size, Number(meta.total_uncompressed_size))) {
    return `${uncompressed_page_size} unpacked bytes, more than its column`;
  }
  const most = Number(meta.num_values);
  if (type === "DICTIONARY_PAGE") {
    const count = header.dictionary_page_header?.num_values;
    return isCount(count, most) ? null : `a dictionary of ${count} values`;
  }
  const page = header.data_page_header;
  if (type === "DATA_PAGE" && page) {
    return page.encoding !== undefined && isCount(page.num_values, most)
      ? null
      : `${page.num_values} values of encoding ${page.encoding}`;
  }
  const page2 = header.data_page_header_v2;
  if (type !== "DATA_PAGE_V2" || !page2) return `the type ${type}`;
  const levels = page2.definition_levels_byte_length +
    page2.repetition_levels_byte_length;
  const right = page2.encoding !== undefined &&
    isCount(page2.num_values, most) &&
    isCount(page2.num_nulls, page2.num_values) &&
    isCount(page2.num_rows, page2.num_values) &&
    isCount(page2.definition_levels_byte_length, levels) &&
    isCount(page2.repetition_levels_byte_length, levels) &&
    isCount(levels, Math.min(compressed_page_size, uncompressed_page_size));
  return right ? null : "counts or lengths that cannot be";
}

function isCount(value: number | undefined, most: number): boolean {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0 &&
    value <= most;
}
