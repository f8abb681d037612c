import { TextLineStream } from "@std/streams";
import type { PeerReady, PeerTask } from "./task.ts";

/** A trainer that has taken its first step. */
export interface ReadyPeer extends PeerReady {
  /** Runs the task so many times, and returns when all have run. */
  run(times: number): Promise<void>;
}

/**
 * Turns a module into a peer's process: it gets the task as its argument, says
 * on stdout when it is ready, and then answers each line on stdin, a number of
 * runs, with the seconds they took.
 *
 * @param open Prepares the task and does it once.
 */
export async function serve(
  open: (task: PeerTask) => Promise<ReadyPeer>,
): Promise<void> {
  const { version, first, run } = await open(JSON.parse(Deno.args[0]));
  console.log(JSON.stringify({ version, first }));
  const lines = Deno.stdin.readable
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const line of lines) {
    const start = performance.now();
    await run(Number(line));
    const seconds = (performance.now() - start) / 1000;
    console.log(JSON.stringify({ seconds }));
  }
  // Some peers leave timers behind that would keep the process alive.
  Deno.exit(0);
}
