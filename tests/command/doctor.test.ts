import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { minnow } from "../minnow.ts";

Deno.test("doctor shows the adapter and finds that it computes correctly", async () => {
  const { code, stdout, stderr } = await minnow(["doctor", "--json"]);
  assertEquals(code, 0, stderr);
  const found = JSON.parse(stdout);
  assertEquals(found.correct, true);
  assert(found.relativeError >= 0 && found.relativeError < 1e-5);
  assert(found.adapter.length > 0);
  assert(found.limits.maxBufferSize >= 1 << 28);
  for (
    const rate of [
      found.matmulFlopsPerSecond,
      found.bytesPerSecond,
      found.readbackSeconds,
    ]
  ) {
    assert(rate > 0 && Number.isFinite(rate));
  }
  // People read the same on the other stream.
  assertStringIncludes(stderr, `adapter    ${found.adapter}\n`);
  assertStringIncludes(stderr, "self-test  correct");
});
