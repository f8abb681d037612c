import { fromFileUrl, join } from "@std/path";
import type { PeerTask } from "./task.ts";

/** A program to start. */
export interface PeerCommand {
  /** The program. */
  readonly program: string;
  /** Its arguments. */
  readonly args: readonly string[];
}

/** A trainer that minnow is compared with. */
export interface Peer {
  /** Name in results. */
  readonly name: string;
  /**
   * Prepares the program for a task.
   *
   * @param task The task.
   * @param folder Empty folder for what has to be built.
   * @param llmc Folder of llm.c's source, if it was given.
   * @returns The program; or why there is none, as text.
   */
  command(
    task: PeerTask,
    folder: string,
    llmc: string | undefined,
  ): Promise<PeerCommand | string>;
}

function path(file: string): string {
  return fromFileUrl(import.meta.resolve(`./${file}`));
}

function denoPeer(name: string, file: string, ...rest: string[]): Peer {
  return {
    name,
    command: (task) =>
      Promise.resolve({
        program: Deno.execPath(),
        args: [
          "run",
          "-A",
          "--no-check",
          // What peers need is no part of what minnow needs.
          "--no-lock",
          path(file),
          JSON.stringify(task),
          ...rest,
        ],
      }),
  };
}

/** minnow itself. */
export const OURS: Peer = denoPeer("minnow", "minnow.ts");

/** All peers, in the order in which they run. */
export const PEERS: readonly Peer[] = [
  denoPeer("tfjs-webgpu", "tfjs_webgpu.ts"),
  denoPeer("jax-js-webgpu", "jax_js.ts", "webgpu"),
  denoPeer("jax-js-wasm", "jax_js.ts", "wasm"),
  { name: "pytorch", command: pytorchCommand },
  { name: "llm.c", command: llmcCommand },
];

async function pytorchCommand(task: PeerTask): Promise<PeerCommand | string> {
  const failure = await failureOf("python3", ["-c", "import torch"]);
  if (failure !== undefined) return `pytorch is not installed: ${failure}`;
  return {
    program: "python3",
    args: [path("pytorch.py"), JSON.stringify(task)],
  };
}

async function llmcCommand(
  task: PeerTask,
  folder: string,
  llmc: string | undefined,
): Promise<PeerCommand | string> {
  if (task.kind !== "train") return "llm.c has no product of its own";
  if (llmc === undefined) return "llm.c needs its source: --llmc FOLDER";
  const program = join(folder, "llmc");
  const failure = await failureOf("gcc", [
    "-Ofast",
    "-march=native",
    "-fopenmp",
    "-DOMP",
    "-DTESTING",
    "-w",
    `-I${llmc}`,
    "-o",
    program,
    path("llmc.c"),
    "-lm",
  ]);
  if (failure !== undefined) return `llm.c does not compile: ${failure}`;
  const { layers, width, heads, context, batch, vocabulary } = task.size;
  return {
    program,
    args: [layers, width, heads, context, batch, vocabulary].map(String),
  };
}

/** Runs a program to its end: why it failed, or undefined where it did not. */
async function failureOf(
  program: string,
  args: string[],
): Promise<string | undefined> {
  try {
    const { success, stderr } = await new Deno.Command(program, { args })
      .output();
    if (success) return undefined;
    const lines = new TextDecoder().decode(stderr).trim().split("\n");
    return lines.find((line) => line.includes("error")) ?? lines.at(-1) ?? "";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `no ${program}`;
    throw error;
  }
}
