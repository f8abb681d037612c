import { InputError } from "../input_error.ts";

/**
 * Decodes a stream of UTF-8. A byte order mark at its start is dropped.
 *
 * @param bytes The stream.
 * @param path What to call it in errors.
 * @returns The text in chunks that hold whole characters.
 * @throws {InputError} If a byte is not UTF-8; names its offset.
 */
export async function* decodeUtf8(
  bytes: AsyncIterable<Uint8Array>,
  path: string,
): AsyncGenerator<string> {
  const fail = (offset: number, cause: unknown): never => {
    throw new InputError(
      `Cannot read '${path}': the byte at offset ${offset} is not UTF-8; convert the file to UTF-8 first`,
      { cause },
    );
  };
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let held = new Uint8Array();
  let offset = 0;
  for await (const chunk of bytes) {
    const block = held.length === 0 ? chunk : joined(held, chunk);
    const whole = block.length - openBytes(block);
    let text: string;
    try {
      text = decoder.decode(block.subarray(0, whole));
    } catch (cause) {
      return fail(offset + firstInvalid(block), cause);
    }
    if (offset === 0 && text.startsWith("\ufeff")) text = text.slice(1);
    held = block.slice(whole);
    offset += whole;
    if (text !== "") yield text;
  }
  if (held.length > 0) fail(offset, undefined);
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** How many bytes at the end begin a character that is not complete. */
function openBytes(block: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, block.length); back++) {
    const byte = block[block.length - back];
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return length > back ? back : 0;
  }
  return 0;
}

/** Offset of the first byte that cannot follow the ones before it. */
function firstInvalid(block: Uint8Array): number {
  const valid = (length: number): boolean => {
    try {
      new TextDecoder("utf-8", { fatal: true })
        .decode(block.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let good = 0, bad = block.length;
  while (good + 1 < bad) {
    const middle = (good + bad) >> 1;
    if (valid(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
