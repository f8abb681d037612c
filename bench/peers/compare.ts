import { summarize, type Summary } from "../support/statistics.ts";
import type { PeerProcess } from "./peer_process.ts";

/** Times of two trainers that took turns. */
export interface Comparison {
  /** Seconds of a run of the first. */
  readonly ours: Summary;
  /** Seconds of a run of the second. */
  readonly peer: Summary;
  /**
   * How many times as fast the first is: the median over turns, in each of
   * which both ran under the same disturbances.
   */
  readonly ratio: Summary;
}

/** A turn is long enough when it takes this long, in seconds. */
const TURN_SECONDS = 1;
const LEAST_TURNS = 3;

/**
 * Times two trainers in turn, A B A B, so that what else the machine does
 * falls on both.
 *
 * @param ours The first.
 * @param peer The second.
 * @param seconds How long to go on.
 * @returns Medians of both, and their ratio.
 */
export async function compare(
  ours: Pick<PeerProcess, "run">,
  peer: Pick<PeerProcess, "run">,
  seconds: number,
): Promise<Comparison> {
  const ourTimes = await runsATurn(ours);
  const peerTimes = await runsATurn(peer);
  const turns: { readonly ours: number; readonly peer: number }[] = [];
  let total = 0;
  while (turns.length < LEAST_TURNS || total < seconds) {
    const a = await ours.run(ourTimes);
    const b = await peer.run(peerTimes);
    total += a + b;
    turns.push({ ours: a / ourTimes, peer: b / peerTimes });
  }
  return {
    ours: summarize(turns.map((turn) => turn.ours)),
    peer: summarize(turns.map((turn) => turn.peer)),
    ratio: summarize(turns.map((turn) => turn.peer / turn.ours)),
  };
}

/** Runs that fill a turn; finding out warms the trainer up. */
async function runsATurn(trainer: Pick<PeerProcess, "run">): Promise<number> {
  await trainer.run(1);
  let times = 1;
  let taken = await trainer.run(times);
  while (taken < TURN_SECONDS / 2) {
    times *= 2;
    taken = await trainer.run(times);
  }
  return times;
}
