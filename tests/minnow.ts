import { dirname, fromFileUrl, join } from "@std/path";

/** The repository. */
export const ROOT: string = dirname(dirname(fromFileUrl(import.meta.url)));

/** What a process of minnow said, and how it ended. */
export interface Outcome {
  /** Exit code. */
  readonly code: number;
  /** All of stdout. */
  readonly stdout: string;
  /** All of stderr. */
  readonly stderr: string;
}

/**
 * Starts minnow's command line in a process of its own.
 *
 * @param args Arguments, beginning with the command.
 * @param options `cwd` and variables of the environment besides those inherited.
 */
export function startMinnow(
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly env?: Record<string, string>;
  } = {},
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--config",
      join(ROOT, "deno.json"),
      join(ROOT, "main.ts"),
      ...args,
    ],
    cwd: options.cwd ?? ROOT,
    env: { NO_COLOR: "1", ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Waits for a process's end. */
export async function outcomeOf(child: Deno.ChildProcess): Promise<Outcome> {
  const { code, stdout, stderr } = await child.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

/** Runs minnow's command line to its end. */
export async function minnow(
  args: readonly string[],
  options: Parameters<typeof startMinnow>[1] = {},
): Promise<Outcome> {
  return await outcomeOf(startMinnow(args, options));
}
