import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { PeerError, PeerProcess } from "../../bench/peers/peer_process.ts";

function evaluate(code: string) {
  return PeerProcess.start("fake", {
    program: Deno.execPath(),
    args: ["eval", "--no-config", code],
  });
}

Deno.test("a peer answers each number of runs with seconds", async () => {
  const peer = await evaluate(`
    console.log("some library says hello");
    console.log('{"version":"1.2","first":7.5}');
    for await (const bytes of Deno.stdin.readable) {
      const seconds = Number(new TextDecoder().decode(bytes)) / 8;
      console.log(JSON.stringify({ seconds }));
    }`);
  try {
    assertEquals(peer.ready, { version: "1.2", first: 7.5 });
    assertEquals(await peer.run(4), 0.5);
    assertEquals(await peer.run(16), 2);
  } finally {
    await peer.close();
  }
});

Deno.test("a peer that dies says how, before and after it was ready", async () => {
  const early = await assertRejects(
    () => evaluate(`throw new Error("out of memory, as ever")`),
    PeerError,
  );
  assertStringIncludes(early.message, "fake ended with exit code 1");
  assertStringIncludes(early.message, "out of memory, as ever");

  const peer = await evaluate(`
    console.log('{"version":"1","first":0}');
    await Deno.stdin.read(new Uint8Array(9));
    Deno.exit(7);`);
  const late = await assertRejects(() => peer.run(1), PeerError);
  assertStringIncludes(late.message, "exit code 7");
  await peer.close();
});
