import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { DocumentSpool } from "../../../data/curate/document_spool.ts";
import type { Document } from "../../../data/document.ts";
import { InputError } from "../../../data/input_error.ts";
import { Random } from "../../../data/random.ts";
import { withFolder } from "../with_folder.ts";

const ODD: readonly Document[] = [
  { id: "", text: "" },
  { id: "a:1", text: "plain", metadata: {} },
  { id: "é", text: "\ufeff 日本 𝔘 \u0000\r\n", continues: true },
  { id: "b", text: "half \ud83d a pair", continues: false },
  { id: "\udc00", text: "x".repeat(3 << 20), metadata: { year: 1851 } },
  {
    id: "json",
    text: "t",
    metadata: { a: [1, "two", null, { b: true }], c: "\ud800", d: 0.1 },
  },
  {
    id: "more than JSON",
    text: "t",
    metadata: {
      big: 12345678901234567890n,
      date: new Date(86_400_000),
      absent: undefined,
      nan: NaN,
      bytes: new Uint8Array([1, 2, 3]),
    },
  },
  { id: "zero", text: "t", metadata: { zero: -0 } },
  { id: "prototype", text: "t", metadata: JSON.parse('{"__proto__": 1}') },
  { id: "last", text: "end", continues: false, metadata: { z: "" } },
];

for (const compress of [false, true]) {
  const kind = compress ? "packed" : "plain";

  Deno.test(`documents come back as they were, ${kind}`, () =>
    withFolder((folder) => {
      const path = join(folder, "spool");
      const spool = DocumentSpool.create(path, { compress });
      for (const document of ODD) spool.append(document);
      assertEquals(spool.documents, ODD.length);
      assertEquals([...spool.replay()], ODD);
      const opened = DocumentSpool.open(path);
      assertEquals(opened.documents, ODD.length);
      assertEquals(opened.bytes, spool.bytes);
      // Two at a time do not disturb each other.
      const first = opened.replay();
      assertEquals(first.next().value, ODD[0]);
      assertEquals([...opened.replay()], ODD);
      assertEquals([...first], ODD.slice(1));
      return Promise.resolve();
    }));

  Deno.test(`a damaged file of documents is refused, ${kind}`, () =>
    withFolder((folder) => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      console.log(`seed ${seed}`);
      const random = new Random(seed);
      const path = join(folder, "spool");
      const spool = DocumentSpool.create(path, { compress });
      const documents = Array.from({ length: 50 }, (_, i): Document => ({
        id: `d${i}`,
        text: "word ".repeat(random.integer(200)),
        metadata: { i },
      }));
      for (const document of documents) spool.append(document);
      spool.finish();
      const whole = Deno.readFileSync(path);
      const refused = (bytes: Uint8Array, what: string): void => {
        Deno.writeFileSync(path, bytes);
        assertThrows(
          () => {
            [...DocumentSpool.open(path).replay()];
          },
          InputError,
          `Cannot read the documents in '${path}'`,
          what,
        );
      };
      for (let i = 0; i < 50; i++) {
        const cut = random.integer(whole.length);
        refused(whole.subarray(0, cut), `cut at ${cut}`);
        const place = random.integer(whole.length);
        const changed = whole.slice();
        changed[place] ^= 1 << random.integer(8);
        refused(changed, `changed at ${place}`);
      }
      return Promise.resolve();
    }));
}

Deno.test("a finished spool takes no more documents", () =>
  withFolder((folder) => {
    const spool = DocumentSpool.create(join(folder, "spool"));
    spool.append(ODD[0]);
    spool.finish();
    assertThrows(() => spool.append(ODD[1]), Error, "it is finished");
    assertEquals([...spool.replay()], [ODD[0]]);
    return Promise.resolve();
  }));

Deno.test("an empty spool replays nothing, and packing packs", () =>
  withFolder((folder) => {
    const path = join(folder, "spool");
    assertEquals([...DocumentSpool.create(path).replay()], []);
    assertEquals([...DocumentSpool.open(path).replay()], []);
    const sizes = [false, true].map((compress) => {
      const spool = DocumentSpool.create(path, { compress });
      for (let i = 0; i < 1000; i++) {
        spool.append({ id: `d${i}`, text: "the same words again ".repeat(20) });
      }
      spool.finish();
      return Deno.statSync(path).size;
    });
    assert(sizes[1] < sizes[0] / 10, `${sizes}`);
    return Promise.resolve();
  }));
