/**
 * Stand-in for the part of `@std/streams` that minnow uses.
 *
 * @module
 */

/** Options of {@linkcode TextLineStream}. */
export interface TextLineStreamOptions {
  /** Whether a lone `\r` ends a line too; false unless told. */
  allowCR?: boolean;
}

/** Splits text chunks into lines that end in `\n` or `\r\n`. */
export class TextLineStream extends TransformStream<string, string> {
  /**
   * @param options Whether `\r` alone ends a line.
   */
  constructor(options: TextLineStreamOptions = {}) {
    const allowCR = options.allowCR ?? false;
    // A line may come in many chunks: joined once, so that long lines cost
    // linear time.
    let pending: string[] = [];
    super({
      transform(chunk, controller) {
        // A `\r` kept back may turn out to be the first half of `\r\n`.
        const heldBack = allowCR && pending.length > 0 &&
          pending[pending.length - 1].endsWith("\r");
        if (!heldBack && !/[\r\n]/.test(chunk)) {
          if (chunk !== "") pending.push(chunk);
          return;
        }
        const text = pending.join("") + chunk;
        const breaks = allowCR ? /\r\n|\n|\r(?!$)/g : /\r?\n/g;
        let start = 0;
        for (const match of text.matchAll(breaks)) {
          controller.enqueue(text.slice(start, match.index));
          start = match.index + match[0].length;
        }
        pending = start < text.length ? [text.slice(start)] : [];
      },
      flush(controller) {
        const rest = pending.join("");
        if (rest === "") return;
        controller.enqueue(
          allowCR && rest.endsWith("\r") ? rest.slice(0, -1) : rest,
        );
      },
    });
  }
}

/**
 * Gathers a stream into one string.
 *
 * @param stream Chunks of text or of UTF-8 bytes.
 * @returns The whole text.
 */
export async function toText(stream: ReadableStream): Promise<string> {
  const decoder = new TextDecoder();
  const parts: string[] = [];
  for await (const chunk of stream) {
    parts.push(
      typeof chunk === "string"
        ? chunk
        : decoder.decode(chunk, { stream: true }),
    );
  }
  parts.push(decoder.decode());
  return parts.join("");
}

/**
 * Gathers a stream of bytes into one buffer.
 *
 * @param stream Chunks of bytes.
 * @returns All the bytes.
 */
export async function toArrayBuffer(
  stream: ReadableStream<Uint8Array>,
): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes.buffer;
}
