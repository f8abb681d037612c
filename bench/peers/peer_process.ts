import { TextLineStream } from "@std/streams";
import type { PeerCommand } from "./catalog.ts";
import type { PeerReady } from "./task.ts";

/** A peer did not do what it was asked to. */
export class PeerError extends Error {
  /** Names the error class. */
  override readonly name = "PeerError";
}

/** Compiling a large model or running a slow step may take this long. */
const TIMEOUT_SECONDS = 600;
/** Characters of stderr that are kept to explain a crash. */
const MOST_STDERR = 4000;

/** A peer that runs in a process of its own and waits to be asked. */
export class PeerProcess {
  /** Its version, and what its first run gave. */
  readonly ready: PeerReady;
  readonly #conversation: Conversation;

  private constructor(conversation: Conversation, ready: PeerReady) {
    this.#conversation = conversation;
    this.ready = ready;
  }

  /**
   * Starts a peer and waits until it has done its task once.
   *
   * @param name Its name, for messages.
   * @param command What to start.
   * @returns The peer, idle.
   * @throws {PeerError} if it ends or stays silent; the message holds its last
   * words.
   */
  static async start(
    name: string,
    command: PeerCommand,
  ): Promise<PeerProcess> {
    const conversation = new Conversation(name, command);
    const { version, first } = await conversation.answer();
    if (typeof version === "string" && typeof first === "number") {
      return new PeerProcess(conversation, { version, first });
    }
    conversation.end();
    throw new PeerError(`${name} did not say that it is ready`);
  }

  /**
   * Lets it do its task so many times.
   *
   * @param times How often.
   * @returns Seconds that it took.
   * @throws {PeerError} if it ends or stays silent.
   */
  async run(times: number): Promise<number> {
    await this.#conversation.ask(`${times}\n`);
    const { seconds } = await this.#conversation.answer();
    if (typeof seconds === "number") return seconds;
    throw new PeerError(
      `${this.#conversation.name} did not say how long it took`,
    );
  }

  /** Ends the process. */
  async close(): Promise<void> {
    this.#conversation.end();
    await this.#conversation.ended;
  }
}

/** Lines to and from a process. */
class Conversation {
  /** Name of the peer. */
  readonly name: string;
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #stderr = "";
  /** When the process has ended, and all its words are read. */
  readonly ended: Promise<unknown>;

  constructor(name: string, { program, args }: PeerCommand) {
    this.name = name;
    this.#child = new Deno.Command(program, {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#lines = this.#child.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream())
      .getReader();
    this.#input = this.#child.stdin.getWriter();
    this.ended = Promise.all([this.#child.status, this.#listen()]);
  }

  async #listen(): Promise<void> {
    const words = this.#child.stderr.pipeThrough(new TextDecoderStream());
    for await (const text of words) {
      this.#stderr = (this.#stderr + text).slice(-MOST_STDERR);
    }
  }

  async ask(line: string): Promise<void> {
    try {
      await this.#input.write(new TextEncoder().encode(line));
    } catch {
      throw await this.#death();
    }
  }

  /** The next line that holds JSON; peers print other things as well. */
  async answer(): Promise<Record<string, unknown>> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.end();
    }, TIMEOUT_SECONDS * 1000);
    try {
      for (;;) {
        const { value, done } = await this.#lines.read();
        if (late) {
          throw new PeerError(
            `${this.name} was silent for ${TIMEOUT_SECONDS} s`,
          );
        }
        if (done) throw await this.#death();
        if (value.startsWith("{")) return JSON.parse(value);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  end(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  async #death(): Promise<PeerError> {
    await this.ended;
    const { code, signal } = await this.#child.status;
    const lines = this.#stderr.trim().split("\n").map((line) => line.trim());
    const last = lines.findLast((line) => /error|panic/i.test(line)) ??
      lines.at(-1);
    return new PeerError(
      `${this.name} ended with ${signal ?? `exit code ${code}`}${
        last ? `: ${last}` : ""
      }`,
    );
  }
}
