import { InputError } from "../input_error.ts";

/** Far more than any vocabulary's longest token. */
const MAX_TOKEN_BYTES = 1 << 16;

/** What llama2.c's `tokenizer.bin` holds. */
export interface Llama2cFile {
  /** Tokens by id; raw bytes are spelled `<0x00>` … `<0xFF>`. */
  readonly tokens: readonly string[];
  /** Merge priority of every token, greater first. */
  readonly scores: Float32Array;
}

/**
 * Reads llama2.c's `tokenizer.bin`: u32 longest token, then for every token
 * f32 score, i32 length in bytes, UTF-8 bytes; all little-endian.
 *
 * @param bytes The file's content, from an untrusted source.
 * @param path What to call it in errors.
 * @param vocabSize Number of tokens to read; all there are unless given.
 * @returns Tokens and scores.
 * @throws {InputError} If the file is damaged or something else.
 */
export function parseLlama2cFile(
  bytes: Uint8Array,
  path: string,
  vocabSize?: number,
): Llama2cFile {
  const fail = (what: string): never => {
    throw new InputError(`Cannot load the tokenizer '${path}': ${what}`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const tokens: string[] = [];
  const scores: number[] = [];
  let offset = 4;
  while (tokens.length < (vocabSize ?? Infinity)) {
    if (offset === bytes.length && vocabSize === undefined) break;
    const what = `token ${tokens.length} at byte ${offset}`;
    if (offset + 8 > bytes.length) {
      return fail(`the file ends inside ${what} of ${bytes.length} bytes`);
    }
    const score = view.getFloat32(offset, true);
    const length = view.getInt32(offset + 4, true);
    const start = offset + 8;
    if (
      !Number.isFinite(score) || length < 0 || length > MAX_TOKEN_BYTES ||
      start + length > bytes.length
    ) {
      return fail(
        `${what} claims ${length} bytes and the score ${score}; this is no llama2.c tokenizer or a damaged one`,
      );
    }
    try {
      tokens.push(decoder.decode(bytes.subarray(start, start + length)));
    } catch {
      return fail(`${what} is not UTF-8`);
    }
    scores.push(score);
    offset = start + length;
  }
  if (offset < bytes.length) {
    return fail(
      `${
        bytes.length - offset
      } bytes follow its ${vocabSize} tokens; its vocabulary is larger`,
    );
  }
  for (let byte = 0; byte < 256; byte++) {
    // Characters that the vocabulary lacks are spelled by these.
    if (tokens[byte + 3] !== byteToken(byte)) {
      return fail(
        `token ${byte + 3} should be '${byteToken(byte)}' and is ${
          JSON.stringify(tokens[byte + 3] ?? null)
        }`,
      );
    }
  }
  return { tokens, scores: Float32Array.from(scores) };
}

/** @returns How the vocabulary spells a raw byte, for instance `<0x0A>`. */
export function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}
