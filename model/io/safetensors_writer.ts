import { writeAll } from "../../data/atomic_write.ts";

/** A tensor to write: what the header says of it, and its bytes when asked. */
export interface TensorToWrite {
  /** Name in the file, unique. */
  readonly name: string;
  /** Lengths of the dimensions, outermost first. */
  readonly shape: readonly number[];
  /**
   * Called when the tensor's turn comes.
   *
   * @returns Its f32 values, row-major, little-endian, cut anywhere.
   */
  chunks(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/**
 * Writes a safetensors file of f32 tensors, one chunk after another; no tensor
 * is ever whole in memory. The file is synced, but not moved into place: call
 * this inside a folder that is.
 *
 * @param path The file, which must not exist yet.
 * @param tensors The tensors, in the order of their bytes.
 * @param metadata Free text to carry along.
 * @throws {RangeError} If a name is given twice, or a tensor's chunks do not
 * add up to its shape.
 *
 * @example
 * ```ts
 * import { openSafetensors, writeSafetensors } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const path = `${folder}/model.safetensors`;
 * const values = Float32Array.of(1, 2, 3, 4);
 * await writeSafetensors(path, [{
 *   name: "h.weight",
 *   shape: [2, 2],
 *   chunks: () => [new Uint8Array(values.buffer)],
 * }], { step: "7" });
 *
 * const file = await openSafetensors(path);
 * assertEquals(await file.read("h.weight"), values);
 * assertEquals(file.metadata.get("step"), "7");
 * file.close();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const header = encodeHeader(tensors, metadata);
  using file = await Deno.open(path, { write: true, createNew: true });
  await writeAll(file, header);
  for (const tensor of tensors) {
    const expected = byteLength(tensor);
    let written = 0;
    for await (const chunk of tensor.chunks()) {
      written += chunk.length;
      if (written <= expected) await writeAll(file, chunk);
    }
    if (written !== expected) {
      throw new RangeError(
        `Cannot write tensor "${tensor.name}" [${tensor.shape}]: got ${written} bytes, not ${expected}`,
      );
    }
  }
  await file.sync();
}

/** The length, as u64, and the JSON, padded so that the data is aligned. */
function encodeHeader(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const header = new Map<string, unknown>([
    // Transformers refuses a file without it.
    ["__metadata__", { format: "pt", ...metadata }],
  ]);
  let offset = 0;
  for (const tensor of tensors) {
    if (header.has(tensor.name)) {
      throw new RangeError(
        `Cannot write tensor "${tensor.name}": the name is taken`,
      );
    }
    const end = offset + byteLength(tensor);
    header.set(tensor.name, {
      dtype: "F32",
      shape: tensor.shape,
      data_offsets: [offset, end],
    });
    offset = end;
  }
  const json = new TextEncoder().encode(
    JSON.stringify(Object.fromEntries(header)),
  );
  const padded = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(json, 8);
  return bytes;
}

function byteLength(tensor: TensorToWrite): number {
  return tensor.shape.reduce((product, length) => product * length, 4);
}
