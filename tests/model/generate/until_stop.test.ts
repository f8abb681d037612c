import { assertEquals } from "@std/assert";
import { untilStop } from "../../../model/generate/until_stop.ts";

async function* stream(pieces: readonly string[]): AsyncGenerator<string> {
  yield* pieces;
}

async function collect(
  pieces: readonly string[],
  stops: readonly string[],
): Promise<string[]> {
  const passed = await Array.fromAsync(untilStop(stream(pieces), stops));
  return passed.filter((piece) => piece !== "");
}

Deno.test("without a stop text every piece is passed on as it comes", async () => {
  assertEquals(await collect(["a", "bc", "d"], []), ["a", "bc", "d"]);
});

Deno.test("a text ends before the first stop text, in one piece or many", async () => {
  for (
    const cut of [["one END two"], [..."one END two"], ["one EN", "D two"]]
  ) {
    assertEquals((await collect(cut, ["END"])).join(""), "one ");
    assertEquals((await collect(cut, ["two", "END"])).join(""), "one ");
  }
  assertEquals(await collect(["END"], ["END"]), []);
});

Deno.test("what only looks like a stop text is passed on late", async () => {
  assertEquals((await collect(["aab", "aac"], ["aad"])).join(""), "aabaac");
  assertEquals(await collect(["x aa", "aab", "y"], ["aab"]), ["x ", "aa"]);
  assertEquals(await collect(["unfinished EN"], ["END"]), [
    "unfinished ",
    "EN",
  ]);
});
