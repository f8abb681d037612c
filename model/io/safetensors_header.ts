import { InputError } from "../../data/input_error.ts";
import { isRecord } from "../../data/is_record.ts";
import { quote } from "../../data/schema.ts";

/**
 * Largest header that the format's own library accepts, in bytes
 * (https://github.com/huggingface/safetensors#format).
 */
export const MAX_HEADER_BYTES = 100_000_000;

/** Bytes of one element of each type that a header may name. */
const ELEMENT_BYTES: ReadonlyMap<string, number> = new Map([
  ["BOOL", 1],
  ["U8", 1],
  ["I8", 1],
  ["F8_E5M2", 1],
  ["F8_E4M3", 1],
  ["U16", 2],
  ["I16", 2],
  ["F16", 2],
  ["BF16", 2],
  ["U32", 4],
  ["I32", 4],
  ["F32", 4],
  ["U64", 8],
  ["I64", 8],
  ["F64", 8],
]);

/** Where a tensor of a safetensors file lies and what it holds. */
export interface SafetensorsEntry {
  /** Element type by the format's name, such as `F32` or `BF16`. */
  readonly dtype: string;
  /** Lengths of the dimensions, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** First byte, counted from the end of the header. */
  readonly offset: number;
  /** Size in bytes. */
  readonly byteLength: number;
}

/** What a safetensors header says. */
export interface SafetensorsHeader {
  /** The tensors by name, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  /** Free text that the file carries along. */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Reads the JSON of a safetensors header and checks all of it: every byte of
 * the file belongs to exactly one tensor, and its count fits shape and type.
 *
 * @param header The header's bytes, without the length before them.
 * @param dataBytes Bytes of the file after the header.
 * @param path The file, for messages.
 * @returns Tensors and metadata.
 * @throws {InputError} If anything is wrong.
 */
export function parseSafetensorsHeader(
  header: Uint8Array,
  dataBytes: number,
  path: string,
): SafetensorsHeader {
  const fail = (problem: string): never => {
    throw new InputError(
      `Cannot read '${path}': ${problem}; the file is damaged, fetch or write it again`,
    );
  };
  const json = parseJson(header, fail);
  const entries: [string, SafetensorsEntry][] = [];
  let metadata = new Map<string, string>();
  for (const [name, value] of Object.entries(json)) {
    if (!isRecord(value)) fail(`tensor ${quote(name)} is ${quote(value)}`);
    else if (name === "__metadata__") metadata = parseMetadata(value, fail);
    else entries.push([name, parseEntry(name, value, fail)]);
  }
  // Empty tensors share their first byte with the one that follows.
  entries.sort(([, a], [, b]) =>
    a.offset - b.offset || a.byteLength - b.byteLength
  );
  let end = 0;
  for (const [name, { offset, byteLength }] of entries) {
    if (offset !== end) {
      fail(`tensor ${quote(name)} begins at byte ${offset}, not at ${end}`);
    }
    end += byteLength;
  }
  if (end !== dataBytes) {
    fail(`its tensors take ${end} bytes, but ${dataBytes} follow the header`);
  }
  return { tensors: new Map(entries), metadata };
}

type Fail = (problem: string) => never;
type JsonObject = Readonly<Record<string, unknown>>;

function parseJson(header: Uint8Array, fail: Fail): JsonObject {
  let json: unknown;
  let text = "";
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(header);
    json = JSON.parse(text);
  } catch {
    fail("its header is not JSON");
  }
  if (!isRecord(json)) return fail("its header is not a JSON object");
  // JSON.parse keeps the last of two equal keys; a name given twice would
  // leave open which bytes are meant.
  if (countColons(text) !== countMembers(json)) {
    fail("its header gives a name twice");
  }
  return json;
}

function parseEntry(
  name: string,
  { dtype, shape, data_offsets: offsets }: JsonObject,
  fail: Fail,
): SafetensorsEntry {
  const elementBytes = typeof dtype === "string"
    ? ELEMENT_BYTES.get(dtype)
    : undefined;
  if (typeof dtype !== "string" || elementBytes === undefined) {
    return fail(`tensor ${quote(name)} has the unknown dtype ${quote(dtype)}`);
  }
  if (!isCounts(shape)) {
    return fail(`tensor ${quote(name)} has the shape ${quote(shape)}`);
  }
  if (
    !isCounts(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]
  ) {
    return fail(
      `tensor ${quote(name)} has the data_offsets ${quote(offsets)}`,
    );
  }
  const [offset, end] = offsets;
  const needed = shape.reduce((product, length) => product * length, 1) *
    elementBytes;
  if (end - offset !== needed) {
    fail(
      `tensor ${quote(name)} of ${dtype} [${shape}] takes ${needed} bytes, ` +
        `but has ${end - offset}`,
    );
  }
  return { dtype, shape, offset, byteLength: needed };
}

function parseMetadata(value: JsonObject, fail: Fail): Map<string, string> {
  const metadata = new Map<string, string>();
  for (const [key, item] of Object.entries(value)) {
    if (typeof item !== "string") {
      fail(`its metadata ${quote(key)} is ${quote(item)}, not a text`);
    } else metadata.set(key, item);
  }
  return metadata;
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) &&
    value.every((count) => Number.isSafeInteger(count) && count >= 0);
}

/** Members of all objects in valid JSON: each has one colon outside texts. */
function countColons(json: string): number {
  let count = 0;
  for (const [match] of json.matchAll(/"(?:[^"\\]|\\.)*"|:/gs)) {
    if (match === ":") count++;
  }
  return count;
}

function countMembers(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const items: readonly unknown[] = Object.values(value);
  const own = Array.isArray(value) ? 0 : items.length;
  return items.reduce((sum: number, item) => sum + countMembers(item), own);
}
