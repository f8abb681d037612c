import type { Output } from "./output.ts";

/**
 * Ends work in good order at the first interrupt, and at once at the second.
 *
 * @param abort Aborted at the first.
 * @param output Where to say so.
 * @param doing What happens then, as "ending after this step".
 * @returns Ends the listening.
 */
export function endOnInterrupt(
  abort: AbortController,
  output: Pick<Output, "note">,
  doing: string,
): () => void {
  const listener = () => {
    if (abort.signal.aborted) Deno.exit(130);
    output.note(`\nminnow: ${doing}; interrupt again to end at once`);
    abort.abort();
  };
  const signals: readonly Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, listener);
  return () => {
    for (const signal of signals) Deno.removeSignalListener(signal, listener);
  };
}
