import { type Duplex, pipeline, Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { InputError } from "../input_error.ts";
import { BadSource } from "./bad_source.ts";
import type { FileReadOptions } from "./read_options.ts";
import type { SourceFile } from "./source_file.ts";
import { UnpackedLimit, type UnpackedLimits } from "./unpacked_limit.ts";
import { type FramePart, ZstdFrames } from "./zstd_frames.ts";

/** How much may come out of a packed file, and who is told of its reading. */
export type ByteOptions = UnpackedLimits & Pick<FileReadOptions, "onRead">;

/**
 * Streams a file's content, unpacked; never more than some chunks of it are in
 * memory, however small the packed file was.
 *
 * @param file Which file.
 * @param options How much may come out of a packed file; who is told.
 * @returns The content in chunks.
 * @throws {InputError} If the file cannot be opened.
 * @throws {BadSource} If it is packed and cut off or damaged, or holds more
 * than is allowed.
 */
export async function* readBytes(
  file: SourceFile,
  options: ByteOptions,
): AsyncGenerator<Uint8Array> {
  const stored = readStored(file, options.onRead);
  if (file.compression === "none") return yield* stored;
  try {
    yield* limited(
      new UnpackedLimit(file, options),
      file.compression === "gzip"
        ? unpack(stored, createGunzip())
        : unpackFrames(stored),
    );
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new BadSource(
      "damaged",
      file.path,
      `Cannot read '${file.path}': unpacking it failed (${
        cause instanceof Error ? cause.message : cause
      }); the file is cut off, damaged or not ${file.compression}`,
      { cause },
    );
  }
}

async function* readStored(
  { path, local }: SourceFile,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(local);
  } catch (cause) {
    throw new InputError(
      `Cannot read '${path}': ${
        cause instanceof Error ? cause.message : cause
      }`,
      { cause },
    );
  }
  // Leaving the loop in any way closes the file.
  for await (const chunk of file.readable) {
    onRead(chunk.length);
    yield chunk;
  }
}

async function* limited(
  limit: UnpackedLimit,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    limit.add(chunk.length);
    yield chunk;
  }
}

/** Sends bytes through a decoder of Node's; gzip may have many members. */
async function* unpack(
  bytes: AsyncIterable<Uint8Array>,
  decoder: Duplex,
): AsyncGenerator<Uint8Array> {
  // Errors of either side come out of the decoder, which is read below.
  pipeline(Readable.from(bytes), decoder, () => {});
  try {
    for await (const chunk of decoder) yield chunk;
  } catch (error) {
    // How much had been taken out depends on time; what comes out must not.
    for (;;) {
      const chunk: Uint8Array | null = decoder.read();
      if (chunk === null) throw error;
      yield chunk;
    }
  }
}

async function* unpackFrames(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const frames = new ZstdFrames();
  const parts = cutFrames(bytes, frames);
  try {
    for (;;) {
      const first = await parts.next();
      if (first.done) break;
      yield* unpack(oneFrame(first.value, parts), createZstdDecompress());
    }
  } finally {
    await parts.return(undefined);
  }
  // The decoder itself takes a cut frame for a whole one.
  if (!frames.complete) throw new Error("unexpected end of file");
}

async function* cutFrames(
  bytes: AsyncIterable<Uint8Array>,
  frames: ZstdFrames,
): AsyncGenerator<FramePart> {
  for await (const chunk of bytes) yield* frames.push(chunk);
}

/** The bytes of one frame; the parts after it stay unread. */
async function* oneFrame(
  first: FramePart,
  rest: AsyncGenerator<FramePart>,
): AsyncGenerator<Uint8Array> {
  let part = first;
  for (;;) {
    yield part.bytes;
    if (part.last) return;
    const next = await rest.next();
    if (next.done) return;
    part = next.value;
  }
}
