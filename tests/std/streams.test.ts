import { assertEquals } from "@std/assert";
import { TextLineStream, toArrayBuffer, toText } from "@std/streams";

async function lines(
  chunks: string[],
  options?: { allowCR?: boolean },
): Promise<string[]> {
  return await Array.fromAsync(
    ReadableStream.from(chunks).pipeThrough(new TextLineStream(options)),
  );
}

Deno.test("TextLineStream splits at both line ends, wherever chunks break", async () => {
  const expected = ["one", "two", "", "three"];
  assertEquals(await lines(["one\r\ntwo\n\nthree"]), expected);
  assertEquals(await lines([..."one\r\ntwo\n\nthree"]), expected);
  assertEquals(await lines(["one\r\ntwo\n\nthree\n"]), expected);
});

Deno.test("TextLineStream splits at a lone carriage return only when told", async () => {
  assertEquals(await lines(["a\rb\n"]), ["a\rb"]);
  assertEquals(await lines(["a\rb\n"], { allowCR: true }), ["a", "b"]);
  assertEquals(await lines([..."a\r\nb\rc\r"], { allowCR: true }), [
    "a",
    "b",
    "c",
  ]);
});

Deno.test("toText joins characters split over chunks", async () => {
  const bytes = new TextEncoder().encode("naïve ☃");
  const chunks = Array.from(bytes, (byte) => new Uint8Array([byte]));
  assertEquals(await toText(ReadableStream.from(chunks)), "naïve ☃");
  assertEquals(await toText(ReadableStream.from(["a", "b"])), "ab");
});

Deno.test("toArrayBuffer joins chunks", async () => {
  const stream = ReadableStream.from([
    new Uint8Array([1, 2]),
    new Uint8Array([3]),
  ]);
  assertEquals(
    new Uint8Array(await toArrayBuffer(stream)),
    new Uint8Array([1, 2, 3]),
  );
});
