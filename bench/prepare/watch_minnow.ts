import { dirname, fromFileUrl, join } from "@std/path";

const MAIN = join(
  dirname(dirname(dirname(fromFileUrl(import.meta.url)))),
  "main.ts",
);
/** Milliseconds between two looks at a process. */
const LOOK_MS = 50;

/** What became of a process. */
export interface WatchedRun {
  /** Exit code. */
  readonly code: number;
  /** How long it ran. */
  readonly seconds: number;
  /** Most memory that it and all its children had at once, in bytes. */
  readonly peakBytes: number;
  /** What it said on stdout. */
  readonly stdout: string;
}

/**
 * Runs minnow's command line and watches its memory.
 *
 * @param args Arguments.
 * @param killWhen Asked again and again; the process is killed when it says so.
 * @returns What became of it.
 */
export async function watchMinnow(
  args: readonly string[],
  killWhen: (seconds: number) => boolean = () => false,
): Promise<WatchedRun> {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", MAIN, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let peakBytes = 0;
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, memoryOf(child.pid));
    if (killWhen(seconds())) child.kill("SIGKILL");
  }, LOOK_MS);
  try {
    const { code, stdout } = await child.output();
    return {
      code,
      seconds: seconds(),
      peakBytes,
      stdout: new TextDecoder().decode(stdout),
    };
  } finally {
    clearInterval(watch);
  }
}

/** High-water mark of a process and of its children, added up. */
function memoryOf(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const kibibytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0);
    const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`)
      .trim().split(" ").filter(Boolean).map(Number);
    return kibibytes * 1024 +
      children.reduce((sum, child) => sum + memoryOf(child), 0);
  } catch {
    return 0;
  }
}
