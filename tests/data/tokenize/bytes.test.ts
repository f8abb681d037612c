import { assertEquals } from "@std/assert";
import { ByteTokenizer } from "../../../data/tokenize/bytes.ts";

Deno.test("ids are the bytes of UTF-8 and give the text back", () => {
  const tokenizer = new ByteTokenizer();
  const text = "\ufeffaé😀\0\r\n<|endoftext|>";
  const ids = tokenizer.encode(text);
  assertEquals([...ids.subarray(0, 6)], [0xef, 0xbb, 0xbf, 97, 0xc3, 0xa9]);
  assertEquals(tokenizer.decode(ids), text);
  assertEquals(tokenizer.decode([256, 97, 256]), "a");
});

Deno.test("a stream gives out whole characters only", () => {
  const stream = new ByteTokenizer().stream();
  const out = [...new TextEncoder().encode("é😀!")].map((byte) =>
    stream.push(byte)
  );
  assertEquals(out, ["", "é", "", "", "", "😀", "!"]);
  stream.push(0xf0);
  assertEquals(stream.end(), "\ufffd");
});

Deno.test("a stream finishes the character that its prompt began", () => {
  const stream = new ByteTokenizer().stream([97, 0xc3]);
  assertEquals(stream.push(0xa9), "é");
});
