import type { Executable } from "../../kernels/plan/executable.ts";

/** Lines of the report. */
const LINES = 30;

interface Share {
  launches: number;
  seconds: number;
}

/**
 * Where the time of a profiled program went, as a table for people: launches of
 * the same kind in different layers are added up.
 *
 * @param executable A profiled program that has run.
 * @returns Lines of text; one that says why where nothing was timed.
 */
export async function profileReport(
  executable: Pick<Executable, "profile" | "profiled">,
): Promise<string> {
  if (!executable.profiled) {
    return "Nothing was timed: the adapter has no feature timestamp-query";
  }
  const shares = new Map<string, Share>();
  let total = 0;
  for (const { label, launches, seconds } of await executable.profile()) {
    const kind = label.replaceAll(/\.\d+\./g, ".*.");
    const share = shares.get(kind) ?? { launches: 0, seconds: 0 };
    share.launches += launches;
    share.seconds += seconds;
    shares.set(kind, share);
    total += seconds;
  }
  const sorted = [...shares].sort(([, a], [, b]) => b.seconds - a.seconds);
  const rest = sorted.slice(LINES)
    .reduce((sum, [, { seconds }]) => sum + seconds, 0);
  const percent = (seconds: number) =>
    `${(100 * seconds / total).toFixed(1)} %`.padStart(7);
  return [
    "  share      time  launches  pass, node and kernel",
    ...sorted.slice(0, LINES).map(([kind, { launches, seconds }]) =>
      [
        percent(seconds),
        `${(1000 * seconds).toFixed(1)} ms`.padStart(9),
        String(launches).padStart(9),
        ` ${kind}`,
      ].join(" ")
    ),
    ...(rest > 0 ? [`${percent(rest)} others`] : []),
  ].join("\n");
}
