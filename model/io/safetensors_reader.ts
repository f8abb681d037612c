import { InputError } from "../../data/input_error.ts";
import { PositionedFile } from "./positioned_file.ts";
import {
  MAX_HEADER_BYTES,
  parseSafetensorsHeader,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from "./safetensors_header.ts";
import type { WeightSource } from "./weight_source.ts";

/** Types that weights may have. */
const FLOATS: ReadonlySet<string> = new Set(["F32", "F16", "BF16", "F64"]);

/** Bytes converted at a time; a multiple of every element's size. */
const CHUNK_BYTES = 4 << 20;

/**
 * An open safetensors file. Nothing but its header is held in memory.
 */
export class SafetensorsFile implements WeightSource {
  /** The tensors by name, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  /** Free text that the file carries along. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly #file: PositionedFile;
  readonly #dataOffset: number;

  /**
   * Joins an open file with its header; {@linkcode openSafetensors} does both.
   *
   * @param file The open file, which this object closes.
   * @param header Its header, checked against the file.
   * @param dataOffset First byte after the header.
   */
  constructor(
    file: PositionedFile,
    header: SafetensorsHeader,
    dataOffset: number,
  ) {
    this.tensors = header.tensors;
    this.metadata = header.metadata;
    this.#file = file;
    this.#dataOffset = dataOffset;
  }

  /** Names of the tensors. */
  get names(): Iterable<string> {
    return this.tensors.keys();
  }

  /**
   * Tells a tensor's shape.
   *
   * @param name A tensor's name.
   * @returns Lengths of its dimensions; `undefined` if there is no such tensor.
   */
  shape(name: string): readonly number[] | undefined {
    return this.tensors.get(name)?.shape;
  }

  /**
   * Reads a part of a tensor's bytes as they are in the file.
   *
   * @param name A tensor's name.
   * @param offset First byte inside the tensor.
   * @param into Where the bytes go; its length says how many.
   * @throws {InputError} If there is no such tensor or the file has shrunk.
   * @throws {RangeError} If the part reaches past the tensor.
   */
  readBytes(name: string, offset: number, into: Uint8Array): void {
    const entry = this.#entry(name);
    if (offset < 0 || offset + into.length > entry.byteLength) {
      throw new RangeError(
        `Cannot read ${into.length} bytes at ${offset} of tensor "${name}": ` +
          `it has ${entry.byteLength}`,
      );
    }
    this.#file.read(this.#dataOffset + entry.offset + offset, into);
  }

  /**
   * Reads a tensor of type F32, F16, BF16 or F64.
   *
   * @param name A tensor's name.
   * @returns Its values, row-major, as f32.
   * @throws {InputError} If there is no such tensor, it holds no floating-point
   * numbers, or the file has shrunk.
   */
  read(name: string): Promise<Float32Array<ArrayBuffer>> {
    return Promise.try(() => this.#readF32(name));
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  #readF32(name: string): Float32Array<ArrayBuffer> {
    const { dtype, shape, byteLength } = this.#entry(name);
    if (!FLOATS.has(dtype)) {
      throw new InputError(
        `Cannot read '${this.#file.path}': tensor "${name}" is of type ${dtype}; weights must be F32, F16, BF16 or F64`,
      );
    }
    const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
    if (dtype === "F32") {
      this.readBytes(name, 0, new Uint8Array(values.buffer));
      return values;
    }
    const elementBytes = byteLength / values.length;
    const buffer = new Uint8Array(Math.min(CHUNK_BYTES, byteLength));
    for (let offset = 0; offset < byteLength; offset += CHUNK_BYTES) {
      const chunk = buffer.subarray(0, byteLength - offset);
      this.readBytes(name, offset, chunk);
      values.set(toF32(dtype, chunk), offset / elementBytes);
    }
    return values;
  }

  #entry(name: string): SafetensorsEntry {
    const entry = this.tensors.get(name);
    if (entry === undefined) {
      throw new InputError(
        `Cannot read '${this.#file.path}': it has no tensor "${name}"; is it a checkpoint of another family?`,
      );
    }
    return entry;
  }
}

/**
 * Opens a safetensors file and checks its header.
 *
 * @param path The file.
 * @returns The open file; close it when done.
 * @throws {InputError} If the file cannot be read or its header is wrong.
 *
 * @example
 * ```ts
 * import { openSafetensors, writeSafetensors } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const path = `${folder}/model.safetensors`;
 * await writeSafetensors(path, [
 *   { name: "a", shape: [2], chunks: () => [new Uint8Array(8)] },
 *   { name: "b", shape: [3, 1], chunks: () => [new Uint8Array(12)] },
 * ]);
 *
 * const file = await openSafetensors(path);
 * assertEquals([...file.names], ["a", "b"]);
 * assertEquals(file.shape("b"), [3, 1]);
 * assertEquals(file.tensors.get("b")?.dtype, "F32");
 * file.close();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await PositionedFile.open(path);
  try {
    const headerBytes = headerLength(file);
    const dataOffset = 8 + headerBytes;
    const bytes = new Uint8Array(headerBytes);
    file.read(8, bytes);
    const header = parseSafetensorsHeader(
      bytes,
      file.byteLength - dataOffset,
      path,
    );
    return new SafetensorsFile(file, header, dataOffset);
  } catch (error) {
    file.close();
    throw error;
  }
}

function headerLength(file: PositionedFile): number {
  const { path, byteLength } = file;
  if (byteLength < 8) {
    throw new InputError(
      `Cannot read '${path}': ${byteLength} bytes are too few for a safetensors file; fetch or write it again`,
    );
  }
  const bytes = new Uint8Array(8);
  file.read(0, bytes);
  const claimed = new DataView(bytes.buffer).getBigUint64(0, true);
  const most = Math.min(MAX_HEADER_BYTES, byteLength - 8);
  if (claimed > most) {
    throw new InputError(
      `Cannot read '${path}': it claims a header of ${claimed} bytes where at most ${most} can be; it is truncated or no safetensors file`,
    );
  }
  return Number(claimed);
}

/** Values of a chunk that starts its buffer. */
function toF32(
  dtype: string,
  { buffer, length }: Uint8Array<ArrayBuffer>,
): ArrayLike<number> {
  if (dtype === "F64") return new Float64Array(buffer, 0, length / 8);
  if (dtype === "F16") return new Float16Array(buffer, 0, length / 2);
  // A bf16 is the upper half of an f32.
  const halves = new Uint16Array(buffer, 0, length / 2);
  return new Float32Array(Uint32Array.from(halves, (u) => u << 16).buffer);
}
