import { assertAlmostEquals, assertEquals } from "@std/assert";
import { inTurn } from "../../bench/support/in_turn.ts";

/** Runs that take as long as `seconds` says for each turn. */
function runsOf(
  name: string,
  log: string[],
  seconds: (turn: number) => number,
) {
  let turn = 0;
  return (times: number) => {
    log.push(`${name}${times}`);
    return Promise.resolve(times * seconds(turn++));
  };
}

Deno.test("turns are of about equal length", async () => {
  const log: string[] = [];
  const [a, b] = await inTurn([
    runsOf("a", log, () => 0.125),
    runsOf("b", log, () => 2),
  ], { seconds: 0, turnSeconds: 0.5 });
  assertEquals(log, [
    ...["a1", "a1", "a2", "a4"],
    ...["b1", "b1"],
    ...["a4", "b1", "a4", "b1", "a4", "b1"],
  ]);
  assertEquals([a.time.median, b.time.median], [0.125, 2]);
  assertEquals([a.ofFirst.median, b.ofFirst.median], [1, 16]);
});

Deno.test("what disturbs all in a turn leaves their ratio alone", async () => {
  // The first two runs find out how long a turn is.
  const load = (turn: number) => turn < 2 ? 1 : 1 + turn;
  const [, { ofFirst }] = await inTurn([
    runsOf("a", [], (turn) => load(turn)),
    runsOf("b", [], (turn) => 3 * load(turn)),
  ], { seconds: 0 });
  assertAlmostEquals(ofFirst.median, 3, 1e-12);
  assertAlmostEquals(ofFirst.spread, 0, 1e-12);
});
