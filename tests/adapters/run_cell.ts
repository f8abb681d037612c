import { basename } from "@std/path";
import type { CellOutcome, VariantOutcome } from "./outcome_store.ts";

/** Tests to run in one process of their own. */
export interface CellRun {
  /** Folder of the repository. */
  readonly root: string;
  /** Files and folders of tests. */
  readonly files: readonly string[];
  /** Arguments that put the implementation in place. */
  readonly extra: readonly string[];
  /** Variables that select driver, limits and shapes. */
  readonly env: Readonly<Record<string, string>>;
  /** Seconds after which it is cut off. */
  readonly seconds: number;
  /** Told how far it is. */
  onProgress(text: string): void;
}

/** What the tests of a cell came to. */
export type CellResult = Pick<
  CellOutcome,
  "passed" | "failures" | "variants" | "seconds" | "timedOut"
>;

/** A test that has run, as Deno's pretty reporter writes it. */
const RESULT = /^(.*) \.\.\. (ok|FAILED) \(/;

/** Times that a file is tried: some drivers stop answering now and then. */
const ATTEMPTS = 3;

/**
 * Seconds without a word after which a process is taken to hang; the slowest
 * tests, which compile dozens of kernels, take less.
 */
const SILENT_SECONDS = 240;

/**
 * Runs the tests of a cell, file after file, and reads what passed from their
 * output as it comes, so that what ran counts even if the cell is cut off or
 * its driver crashes. A file whose process hangs or dies is tried again.
 */
export async function runCell(cell: CellRun): Promise<CellResult> {
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  const failures: string[] = [];
  const variants: VariantOutcome[] = [];
  let [passed, timedOut] = [0, false];
  for (const file of testFiles(cell)) {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      if (elapsed() >= cell.seconds) {
        timedOut = true;
        failures.push(`cut off before ${file}`);
        break;
      }
      cell.onProgress(attempt === 1 ? file : `${file}, attempt ${attempt}`);
      const result = await runFile(cell, file, cell.seconds - elapsed());
      if (result.broken && attempt < ATTEMPTS) {
        cell.onProgress(result.failures.at(-1) ?? "broke off");
        continue;
      }
      passed += result.passed;
      failures.push(...result.failures);
      variants.push(...result.variants);
      timedOut ||= result.timedOut;
      break;
    }
  }
  return { passed, failures, variants, seconds: elapsed(), timedOut };
}

/** What the tests of a file came to. */
interface FileResult
  extends Pick<CellResult, "passed" | "failures" | "variants" | "timedOut"> {
  /** Whether its process ended before its tests did. */
  readonly broken: boolean;
}

async function runFile(
  cell: CellRun,
  file: string,
  seconds: number,
): Promise<FileResult> {
  const outcomes = await Deno.makeTempFile({ suffix: ".jsonl" });
  try {
    return await runInto(outcomes, cell, file, seconds);
  } finally {
    await Deno.remove(outcomes);
  }
}

/** Runs a file of tests, which leave what variants came to in `outcomes`. */
async function runInto(
  outcomes: string,
  { root, extra, env }: CellRun,
  file: string,
  seconds: number,
): Promise<FileResult> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", ...extra, file],
    cwd: root,
    env: { ...env, NO_COLOR: "1", MINNOW_TEST_OUTCOMES: outcomes },
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let timedOut = false;
  // A driver that hangs does not heed a request to end.
  const killAfter = (limit: number) =>
    setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, Math.ceil(limit * 1000));
  const timer = killAfter(seconds);
  let silence = killAfter(SILENT_SECONDS);
  const failures: string[] = [];
  let [passed, last] = [0, ""];
  let details = false;
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  let rest = "";
  for await (const part of lines) {
    clearTimeout(silence);
    silence = killAfter(SILENT_SECONDS);
    const all = (rest + part).split("\n");
    rest = all.pop() ?? "";
    for (const line of all) {
      const [, name, word] = RESULT.exec(line) ?? [];
      if (word === "ok") passed++;
      if (word === "FAILED") failures.push(`${basename(file)}: ${name}`);
      if (line.trim() === "ERRORS") details = true;
      const message = /^error: (.*)/.exec(line)?.[1];
      if (details && message) failures.push(`  ${message.slice(0, 300)}`);
      if (line.trim() !== "") last = line;
    }
  }
  const { success, code } = await child.status;
  clearTimeout(timer);
  clearTimeout(silence);
  const broken = timedOut || (!success && failures.length === 0);
  if (timedOut) failures.push(`${basename(file)}: cut off after: ${last}`);
  else if (broken) {
    failures.push(`${basename(file)}: exit code ${code} after: ${last}`);
  }
  const variants = (await Deno.readTextFile(outcomes)).split("\n")
    .filter((line) => line !== "")
    .map((line): VariantOutcome => JSON.parse(line));
  return { passed, failures, variants, timedOut, broken };
}

/** Test files, folders replaced by what they hold. */
function testFiles({ root, files }: CellRun): string[] {
  return files.flatMap((path) => {
    if (path.endsWith(".ts")) return [path];
    return [...Deno.readDirSync(`${root}/${path}`)]
      .filter(({ name }) => name.endsWith(".test.ts"))
      .map(({ name }) => `${path}/${name}`).sort();
  });
}
