import {
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { compare } from "../../bench/peers/compare.ts";
import { PeerError, PeerProcess } from "../../bench/peers/peer_process.ts";

/** A trainer whose runs take as long as `seconds` says for each turn. */
function trainer(
  name: string,
  log: string[],
  seconds: (turn: number) => number,
) {
  let turn = 0;
  return {
    run(times: number) {
      log.push(`${name}${times}`);
      return Promise.resolve(times * seconds(turn++));
    },
  };
}

Deno.test("trainers take turns of about equal length", async () => {
  const log: string[] = [];
  const { ours, peer, ratio } = await compare(
    trainer("a", log, () => 0.125),
    trainer("b", log, () => 2),
    0,
  );
  assertEquals(log.slice(-6), ["a4", "b1", "a4", "b1", "a4", "b1"]);
  assertEquals([ours.median, peer.median, ratio.median], [0.125, 2, 16]);
});

Deno.test("what disturbs both in a turn leaves their ratio alone", async () => {
  // The first two runs find out how long a turn is.
  const load = (turn: number) => turn < 2 ? 1 : 1 + turn;
  const { ratio } = await compare(
    trainer("a", [], (turn) => load(turn)),
    trainer("b", [], (turn) => 3 * load(turn)),
    0,
  );
  assertAlmostEquals(ratio.median, 3, 1e-12);
  assertAlmostEquals(ratio.spread, 0, 1e-12);
});

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
