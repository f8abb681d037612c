import { inTurn } from "../support/in_turn.ts";
import type { ResultRow } from "../support/report.ts";
import type { PeerProcess } from "./peer_process.ts";

/** What a run of both does, and how its rate is called. */
export interface Work {
  /** Units of one run: tokens, bytes or operations. */
  readonly units: number;
  /** Name of the rate, such as `tokens_per_second`. */
  readonly rate: string;
}

/** A turn of a process takes at least this long, in seconds. */
const TURN_SECONDS = 0.5;

/**
 * Times two processes in turn.
 *
 * @param ours minnow.
 * @param peer What it is compared with.
 * @param work What both do.
 * @param seconds How long to go on.
 * @returns Rates of both, and how many times as fast minnow is.
 */
export async function compare(
  ours: PeerProcess,
  peer: PeerProcess,
  { units, rate }: Work,
  seconds: number,
): Promise<ResultRow> {
  const [{ time }, { time: peerTime, ofFirst }] = await inTurn(
    [ours, peer].map((each) => (times) => each.run(times)),
    { seconds, turnSeconds: TURN_SECONDS },
  );
  return {
    version: peer.ready.version,
    [`ours_${rate}`]: units / time.median,
    [`peer_${rate}`]: units / peerTime.median,
    ratio: ofFirst.median,
    spread: ofFirst.spread,
    turns: ofFirst.count,
  };
}
