import { assertEquals } from "@std/assert";
import type { CurationProgress } from "../../../data/curate/run_curation.ts";
import { CurationReporter } from "../../../model/command/curation_reporter.ts";

const PROGRESS: CurationProgress = {
  stage: 1,
  stages: 3,
  title: "reading, normalize",
  share: 0.25,
  documents: 1000,
  bytes: 4 * 1024 * 1024,
  message: "",
};

/** A reporter whose clock is set by hand, and what it wrote. */
function reporterOn(isTerminal: boolean) {
  const clock = { ms: 0 };
  const written: string[] = [];
  const reporter = new CurationReporter({
    json: false,
    isTerminal,
    note: (text) => written.push(`${text}\n`),
    writeNote: (text) => written.push(text),
    object: () => {},
  }, () => clock.ms);
  return { reporter, clock, written };
}

Deno.test("on a terminal a bar tells share, rate and time left", () => {
  const { reporter, clock, written } = reporterOn(true);
  reporter.progress({ ...PROGRESS, share: 0, documents: 0, bytes: 0 });
  clock.ms = 2000;
  reporter.progress(PROGRESS);
  // 4 MiB in 2 s, and three times as long for the rest.
  assertEquals(
    written.at(-1),
    "\r\x1b[K[#####...............] 1/3 reading, normalize, " +
      "1k documents, 2 MiB/s, 6 s left",
  );
  clock.ms = 4000;
  reporter.progress({ ...PROGRESS, stage: 2, title: "minhash", share: null });
  assertEquals(
    written.slice(-3),
    [
      "\r\x1b[K",
      "1/3 reading, normalize: 1k documents, 4 MiB in 4 s\n",
      "\r\x1b[K2/3 minhash, 1k documents",
    ],
  );
});

Deno.test("elsewhere a line comes every ten seconds, and one a stage", () => {
  const { reporter, clock, written } = reporterOn(false);
  for (let second = 0; second <= 25; second++) {
    clock.ms = second * 1000;
    reporter.progress(PROGRESS);
  }
  reporter.close();
  assertEquals(written.length, 3);
  assertEquals(
    written[2],
    "1/3 reading, normalize: 1k documents, 4 MiB in 25 s\n",
  );
});
