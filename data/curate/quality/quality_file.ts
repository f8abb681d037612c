import { crc32 } from "node:zlib";
import { writeAtomic } from "../../atomic_write.ts";
import { InputError } from "../../input_error.ts";
import type { QualityModel } from "./quality_classifier.ts";

/** First bytes of a classifier; raised with every change of what follows. */
const MAGIC = new TextEncoder().encode("minnowq1");

/** Bytes before the header: the magic, its length, a checksum of the rest. */
const PREFIX_BYTES = MAGIC.length + 8;

/** Bytes of a header that reading accepts. */
const MAX_HEADER_BYTES = 1 << 16;

/** Bytes of a file that reading accepts: 2^24 weights. */
const MAX_BYTES = PREFIX_BYTES + MAX_HEADER_BYTES + 4 * 2 ** 24;

/** Numbers of the header, and what each may be. */
const HEADER_KEYS: Readonly<Record<string, (value: number) => boolean>> = {
  ngrams: (value) => Number.isInteger(value) && value >= 1 && value <= 5,
  bits: (value) => Number.isInteger(value) && value >= 8 && value <= 24,
  bias: Number.isFinite,
  slope: Number.isFinite,
  offset: Number.isFinite,
};

/**
 * Saves a classifier: a magic number, the header's length and a CRC-32 of what
 * follows, the header as JSON, and 2^bits weights as little-endian f32.
 *
 * @param path The file; it appears when it is complete.
 * @param model What to save.
 */
export async function saveQualityModel(
  path: string,
  model: QualityModel,
): Promise<void> {
  const { features, linear, scaling } = model;
  const header = new TextEncoder().encode(
    JSON.stringify({ ...features, bias: linear.bias, ...scaling }),
  );
  const start = PREFIX_BYTES + header.length;
  const bytes = new Uint8Array(start + 4 * linear.weights.length);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  bytes.set(header, PREFIX_BYTES);
  linear.weights.forEach((weight, i) =>
    view.setFloat32(start + 4 * i, weight, true)
  );
  view.setUint32(MAGIC.length, header.length, true);
  view.setUint32(
    MAGIC.length + 4,
    crc32(bytes.subarray(PREFIX_BYTES)),
    true,
  );
  await writeAtomic(path, bytes);
}

/**
 * Reads a classifier. Nothing in the file is trusted.
 *
 * @param path A file that {@linkcode saveQualityModel} wrote.
 * @returns The classifier.
 * @throws {InputError} If there is no such file, or it is no classifier, cut
 * short or damaged.
 */
export async function loadQualityModel(path: string): Promise<QualityModel> {
  const bytes = await readFile(path);
  const wrong = (why: string) =>
    new InputError(
      `Cannot use the classifier '${path}': ${why}; train it again with ` +
        "'minnow data classifier'",
    );
  if (
    bytes.length < PREFIX_BYTES || MAGIC.some((byte, i) => byte !== bytes[i])
  ) {
    throw wrong("the file does not begin as one");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headerLength = view.getUint32(MAGIC.length, true);
  const start = PREFIX_BYTES + headerLength;
  if (headerLength > MAX_HEADER_BYTES || start > bytes.length) {
    throw wrong(`its header cannot have ${headerLength} bytes`);
  }
  if (
    crc32(bytes.subarray(PREFIX_BYTES)) !== view.getUint32(12, true)
  ) {
    throw wrong("its checksum is wrong, it was cut short or changed");
  }
  const header = parseHeader(bytes.subarray(PREFIX_BYTES, start));
  if (header === null) throw wrong("its header holds what it cannot");
  const { ngrams, bits, bias, slope, offset } = header;
  const count = 2 ** bits;
  if (bytes.length - start !== 4 * count) {
    throw wrong(
      `it has ${bytes.length - start} bytes of weights and not ${4 * count}`,
    );
  }
  const weights = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    weights[i] = view.getFloat32(start + 4 * i, true);
  }
  if (!weights.every(Number.isFinite)) {
    throw wrong("one of its weights is no number");
  }
  return {
    features: { ngrams, bits },
    linear: { weights, bias },
    scaling: { slope, offset },
  };
}

function parseHeader(
  bytes: Uint8Array,
): Readonly<Record<string, number>> | null {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const given: Readonly<Record<string, unknown>> = { ...value };
  const header: Record<string, number> = {};
  for (const [key, isAllowed] of Object.entries(HEADER_KEYS)) {
    const number = given[key];
    if (typeof number !== "number" || !isAllowed(number)) return null;
    header[key] = number;
  }
  return header;
}

async function readFile(path: string): Promise<Uint8Array> {
  try {
    const { isFile, size } = await Deno.stat(path);
    if (!isFile || size > MAX_BYTES) {
      throw new Error(
        isFile ? `it has ${size} bytes, more than any has` : "it is no file",
      );
    }
    return await Deno.readFile(path);
  } catch (cause) {
    const why = cause instanceof Deno.errors.NotFound
      ? "there is no such file"
      : cause instanceof Error
      ? cause.message
      : String(cause);
    throw new InputError(
      `Cannot use the classifier '${path}': ${why}; name a file that ` +
        "'minnow data classifier' made",
      { cause },
    );
  }
}
