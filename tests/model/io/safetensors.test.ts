import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { InputError } from "../../../data/input_error.ts";
import { openCheckpointTensors } from "../../../model/io/checkpoint_tensors.ts";
import { openSafetensors } from "../../../model/io/safetensors_reader.ts";
import {
  type TensorToWrite,
  writeSafetensors,
} from "../../../model/io/safetensors_writer.ts";

async function inFolder(
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function tensor(
  name: string,
  shape: readonly number[],
  values: readonly number[],
): TensorToWrite {
  return {
    name,
    shape,
    *chunks() {
      const bytes = new Uint8Array(Float32Array.from(values).buffer);
      // An uneven cut: chunks need not end with an element.
      yield bytes.subarray(0, 3);
      yield bytes.subarray(3);
    },
  };
}

/** A file of a header, as text or JSON, and so many bytes of data. */
function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

// Written by Python's safetensors 0.8.0 with torch 2.13:
//   safetensors.torch.save({
//     "f32": tensor([[1.5, -2.25, 3e-39]]),
//     "f16": tensor([1.5, -0.0999755859375, 6e-8], dtype=float16),
//     "bf16": tensor([[1.5], [-3.140625]], dtype=bfloat16),
//     "f64": tensor(0.1, dtype=float64),
//     "empty": zeros(0, 4), "i64": tensor([7]),
//   }, {"format": "pt", "note": "é"})
const FROM_PYTHON = "iAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJwdCIsIm5v" +
  "dGUiOiLDqSJ9LCJpNjQiOnsiZHR5cGUiOiJJNjQiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNldH" +
  "MiOlswLDhdfSwiZjY0Ijp7ImR0eXBlIjoiRjY0Iiwic2hhcGUiOltdLCJkYXRhX29mZnNldHMi" +
  "Ols4LDE2XX0sImVtcHR5Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlswLDRdLCJkYXRhX29mZn" +
  "NldHMiOlsxNiwxNl19LCJmMzIiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzEsM10sImRhdGFf" +
  "b2Zmc2V0cyI6WzE2LDI4XX0sImJmMTYiOnsiZHR5cGUiOiJCRjE2Iiwic2hhcGUiOlsyLDFdLC" +
  "JkYXRhX29mZnNldHMiOlsyOCwzMl19LCJmMTYiOnsiZHR5cGUiOiJGMTYiLCJzaGFwZSI6WzNd" +
  "LCJkYXRhX29mZnNldHMiOlszMiwzOF19fQcAAAAAAAAAmpmZmZmZuT8AAMA/AAAQwMiqIADAP0" +
  "nAAD5mrgEA";

Deno.test("a file of Python's safetensors is read, of every float type", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "python.safetensors");
    await Deno.writeFile(path, Uint8Array.fromBase64(FROM_PYTHON));
    const file = await openSafetensors(path);
    assertEquals(file.metadata.get("note"), "é");
    assertEquals(file.shape("f32"), [1, 3]);
    assertEquals(file.shape("f64"), []);
    assertEquals(file.shape("other"), undefined);
    const expected: readonly [string, readonly number[]][] = [
      ["f32", [1.5, -2.25, 3e-39]],
      ["f16", [1.5, -0.0999755859375, 2 ** -24]],
      ["bf16", [1.5, -3.140625]],
      ["f64", [0.1]],
      ["empty", []],
    ];
    for (const [name, values] of expected) {
      assertEquals(await file.read(name), Float32Array.from(values), name);
    }
    await assertRejects(() => file.read("i64"), InputError, "of type I64");
    await assertRejects(() => file.read("x"), InputError, 'no tensor "x"');
    file.close();
  });
});

Deno.test("what is written is read back, in parts as well", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "own.safetensors");
    await writeSafetensors(path, [
      tensor("b", [2, 2], [1, 2, 3, 4]),
      tensor("a", [3], [5, 6, 7]),
    ], { step: "12" });
    const bytes = await Deno.readFile(path);
    assertEquals(new DataView(bytes.buffer).getUint32(0, true) % 8, 0);
    const file = await openSafetensors(path);
    assertEquals([...file.names], ["b", "a"]);
    assertEquals([...file.metadata], [["format", "pt"], ["step", "12"]]);
    assertEquals(await file.read("a"), Float32Array.of(5, 6, 7));
    const part = new Float32Array(2);
    file.readBytes("b", 4, new Uint8Array(part.buffer));
    assertEquals(part, Float32Array.of(2, 3));
    assertThrows(
      () => file.readBytes("b", 8, new Uint8Array(9)),
      RangeError,
      "it has 16",
    );
    file.close();
  });
});

Deno.test("a tensor larger than one chunk is converted whole", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "large.safetensors");
    const count = 2_100_000;
    const halves = Uint16Array.from({ length: count }, (_, i) => i % 0x7f80);
    const file = fileOf({
      x: { dtype: "BF16", shape: [count], data_offsets: [0, 2 * count] },
    }, 2 * count);
    file.set(new Uint8Array(halves.buffer), file.length - 2 * count);
    await Deno.writeFile(path, file);
    const source = await openSafetensors(path);
    const bits = new Uint32Array((await source.read("x")).buffer);
    source.close();
    assertEquals(bits.findIndex((b, i) => b !== (i % 0x7f80) * 0x10000), -1);
  });
});

Deno.test("chunks that do not fit the shape are refused", async () => {
  await inFolder(async (folder) => {
    await assertRejects(
      () => writeSafetensors(join(folder, "a"), [tensor("t", [2], [1])]),
      RangeError,
      'Cannot write tensor "t" [2]: got 4 bytes, not 8',
    );
    await assertRejects(
      () =>
        writeSafetensors(join(folder, "b"), [
          tensor("t", [1], [1]),
          tensor("t", [1], [1]),
        ]),
      RangeError,
      "the name is taken",
    );
  });
});

Deno.test("a damaged file is refused with what is wrong", async () => {
  const f32 = (shape: unknown, data_offsets: unknown) => ({
    dtype: "F32",
    shape,
    data_offsets,
  });
  const cases: readonly [Uint8Array, string][] = [
    [new Uint8Array(7), "7 bytes are too few"],
    [new Uint8Array(20).fill(0xff), "claims a header of 18446744073709551615"],
    [
      fileOf({}, 0).subarray(0, 9),
      "claims a header of 2 bytes where at most 1",
    ],
    [fileOf("{", 0), "its header is not JSON"],
    [fileOf("[1]", 0), "its header is not a JSON object"],
    [fileOf({ a: 1 }, 0), 'tensor "a" is 1'],
    [
      fileOf({ a: { ...f32([1], [0, 4]), dtype: "F31" } }, 4),
      'tensor "a" has the unknown dtype "F31"',
    ],
    [fileOf({ a: f32([-1], [0, 4]) }, 4), 'tensor "a" has the shape [-1]'],
    [fileOf({ a: f32([1], [4, 0]) }, 4), "the data_offsets [4,0]"],
    [fileOf({ a: f32([1], [0]) }, 4), "the data_offsets [0]"],
    [fileOf({ a: f32([2], [0, 4]) }, 4), "takes 8 bytes, but has 4"],
    [
      fileOf({ a: f32([2 ** 52, 2 ** 52], [0, 4]) }, 4),
      "takes 8.112963841460668e+31 bytes, but has 4",
    ],
    [fileOf({ a: f32([1], [4, 8]) }, 8), "begins at byte 4, not at 0"],
    [
      fileOf({ a: f32([1], [0, 4]), b: f32([1], [0, 4]) }, 8),
      "begins at byte 0, not at 4",
    ],
    [fileOf({ a: f32([1], [0, 4]) }, 3), "take 4 bytes, but 3 follow"],
    [fileOf({ a: f32([1], [0, 4]) }, 5), "take 4 bytes, but 5 follow"],
    [fileOf({ __metadata__: { a: 1 } }, 0), 'its metadata "a" is 1'],
    [
      fileOf(
        '{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},' +
          '"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}',
        0,
      ),
      "its header gives a name twice",
    ],
  ];
  await inFolder(async (folder) => {
    const path = join(folder, "damaged.safetensors");
    for (const [bytes, message] of cases) {
      await Deno.writeFile(path, bytes);
      await assertRejects(() => openSafetensors(path), InputError, message);
    }
    await assertRejects(
      () => openSafetensors(join(folder, "none")),
      InputError,
      "there is no such file",
    );
    await assertRejects(
      () => openSafetensors(folder),
      InputError,
      "it is not a file",
    );
  });
});

Deno.test("a file cut at any byte is refused", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "cut.safetensors");
    const whole = Uint8Array.fromBase64(FROM_PYTHON);
    for (let length = 0; length < whole.length; length++) {
      await Deno.writeFile(path, whole.subarray(0, length));
      await assertRejects(() => openSafetensors(path), InputError);
    }
  });
});

Deno.test("a checkpoint's files are one source of weights", async () => {
  await inFolder(async (folder) => {
    await assertRejects(
      () => openCheckpointTensors(folder),
      InputError,
      "it has neither model.safetensors nor",
    );
    const index = (map: unknown) =>
      Deno.writeTextFile(
        join(folder, "model.safetensors.index.json"),
        JSON.stringify({ weight_map: map }),
      );
    await writeSafetensors(join(folder, "part-1.safetensors"), [
      tensor("a", [1], [1]),
    ]);
    await writeSafetensors(join(folder, "part-2.safetensors"), [
      tensor("b", [1, 2], [2, 3]),
    ]);
    await index({ a: "part-1.safetensors", b: "part-2.safetensors" });
    const sharded = await openCheckpointTensors(folder);
    assertEquals([...sharded.names], ["a", "b"]);
    assertEquals(sharded.shape("b"), [1, 2]);
    assertEquals(await sharded.read("b"), Float32Array.of(2, 3));
    await assertRejects(() => sharded.read("c"), InputError, '"c"');
    sharded.close();

    const refused: readonly [unknown, string][] = [
      [{ b: "part-1.safetensors" }, "which lacks it"],
      [{ a: "../part-1.safetensors" }, "must be the plain name"],
      [{ a: 3 }, "must be the plain name"],
      [[], '"weight_map" is []'],
    ];
    for (const [map, message] of refused) {
      await index(map);
      await assertRejects(
        () => openCheckpointTensors(folder),
        InputError,
        message,
      );
    }
    await writeSafetensors(join(folder, "model.safetensors"), [
      tensor("c", [1], [9]),
    ]);
    const single = await openCheckpointTensors(folder);
    assertEquals([...single.names], ["c"]);
    single.close();
  });
});
