import { BadSource } from "./bad_source.ts";

/**
 * Decodes a stream of UTF-8. A byte order mark at its start is dropped.
 *
 * @param bytes The stream.
 * @param path What to call it in errors.
 * @param onInvalid What becomes of a byte that is not UTF-8: `"fail"` ends the
 * stream; `"mark"` leaves a lone surrogate for it, which no UTF-8 can spell,
 * so that the line that holds it is known by `isWellFormed`.
 * @returns The text in chunks that hold whole characters.
 * @throws {BadSource} If a byte is not UTF-8; names its offset.
 */
export async function* decodeUtf8(
  bytes: AsyncIterable<Uint8Array>,
  path: string,
  onInvalid: "fail" | "mark",
): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const decode = (block: Uint8Array, offset: number): string => {
    try {
      return decoder.decode(block);
    } catch (cause) {
      if (onInvalid === "mark") return decodeMarked(block, decoder);
      throw new BadSource(
        "bad_utf8",
        path,
        `Cannot read '${path}': the byte at offset ${
          offset + firstInvalid(block, 0)
        } is not UTF-8; convert the file to UTF-8 first`,
        { cause },
      );
    }
  };
  let held = new Uint8Array();
  let offset = 0;
  for await (const chunk of bytes) {
    const block = held.length === 0 ? chunk : joined(held, chunk);
    const whole = block.length - openBytes(block);
    let text = decode(block.subarray(0, whole), offset);
    if (offset === 0 && text.startsWith("\ufeff")) text = text.slice(1);
    held = block.slice(whole);
    offset += whole;
    if (text !== "") yield text;
  }
  if (held.length > 0) yield decode(held, offset);
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function decodeMarked(block: Uint8Array, decoder: TextDecoder): string {
  const parts: string[] = [];
  let start = 0;
  while (start < block.length) {
    const end = firstInvalid(block, start);
    parts.push(decoder.decode(block.subarray(start, end)));
    if (end < block.length) parts.push("\udcff");
    start = end + 1;
  }
  return parts.join("");
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

/**
 * Offset of the first byte from `start` on that begins no character of the
 * Unicode Standard's table 3-7, or the block's length.
 */
function firstInvalid(block: Uint8Array, start: number): number {
  let at = start;
  while (at < block.length) {
    const lead = block[at];
    if (lead < 0x80) {
      at++;
      continue;
    }
    const length = lead < 0xc2 || lead > 0xf4
      ? 0
      : lead < 0xe0
      ? 2
      : lead < 0xf0
      ? 3
      : 4;
    // No overlong forms, no surrogates, nothing beyond U+10FFFF.
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    if (length === 0 || !(block[at + 1] >= low && block[at + 1] <= high)) {
      return at;
    }
    for (let i = 2; i < length; i++) {
      if ((block[at + i] & 0xc0) !== 0x80) return at;
    }
    at += length;
  }
  return at;
}
