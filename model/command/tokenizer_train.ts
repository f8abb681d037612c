import { basename, dirname, join } from "@std/path";
import { writeAtomic } from "../../data/atomic_write.ts";
import { formatBytes, formatCount, formatDuration } from "../../data/format.ts";
import { InputError } from "../../data/input_error.ts";
import { findSourceFiles } from "../../data/read/find_source_files.ts";
import { readDocuments } from "../../data/read/read_documents.ts";
import type { Ties } from "../../data/tokenize/bpe/learn_merges.ts";
import { type SplitName, SPLITS } from "../../data/tokenize/bpe/split.ts";
import { trainBpe } from "../../data/tokenize/bpe/train_bpe.ts";
import { CLEAR_LINE } from "./clear_line.ts";
import type { Command } from "./command.ts";
import type { Output } from "./output.ts";
import { progressBar } from "./progress_bar.ts";

/** Starting a worker takes as long as counting this many bytes. */
const BYTES_PER_WORKER = 16 * 1024 ** 2;
const TIES: readonly Ties[] = ["ids", "bytes"];

/** Trains a byte-level byte-pair vocabulary. */
export const tokenizerTrain: Command = {
  name: "tokenizer train",
  summary: "Train a byte-level byte-pair vocabulary on text",
  usage: "tokenizer train PATH… [options]",
  examples: [
    "tokenizer train corpus/ --vocab-size 32768 --out tokenizer.json",
    "tokenizer train books.jsonl --split gpt4-2digits --pad-to 64",
    "tokenizer train chat.jsonl --special '<|user|>' --special '<|answer|>'",
  ],
  positionals: { min: 1, max: Infinity },
  options: [
    {
      name: "vocab-size",
      kind: "integer",
      minimum: 257,
      maximum: 1 << 22,
      default: 8192,
      placeholder: "N",
      description: "Number of tokens, special ones included",
    },
    {
      name: "split",
      kind: "string",
      choices: Object.keys(SPLITS),
      default: "gpt4",
      description: "How text is cut into pieces that no token crosses",
    },
    {
      name: "ties",
      kind: "string",
      choices: TIES,
      default: "ids",
      description:
        "Which of equally frequent pairs is merged first: the least ids, as Hugging Face does, or the greatest bytes",
    },
    {
      name: "special",
      kind: "list",
      placeholder: "TOKEN",
      description: "A special token besides <|endoftext|>; may be repeated",
    },
    {
      name: "pad-to",
      kind: "integer",
      minimum: 1,
      maximum: 65_536,
      default: 1,
      placeholder: "N",
      description: "Fill up with unused tokens to a multiple of this",
    },
    {
      name: "min-frequency",
      kind: "integer",
      minimum: 1,
      default: 1,
      placeholder: "N",
      description: "Merge no pair that comes less often",
    },
    {
      name: "text-field",
      kind: "string",
      default: "text",
      placeholder: "NAME",
      description: "Field of JSONL that holds the text",
    },
    {
      name: "workers",
      kind: "integer",
      minimum: 0,
      maximum: 256,
      placeholder: "N",
      description:
        "Threads that count, 0 for none besides; the result is the same",
    },
    {
      name: "out",
      kind: "string",
      default: "tokenizer.json",
      placeholder: "FILE",
      description: "Where to write; tokenizer_config.json goes beside it",
    },
  ],
  async run(args, output) {
    const started = performance.now();
    const out = args.string("out") ?? "tokenizer.json";
    const files = outputPaths(out);
    const split = named<SplitName>(args.string("split"), SPLITS) ?? "gpt4";
    const ties = TIES.find((each) => each === args.string("ties"));
    const sources = await findSourceFiles(args.positionals);
    const totalBytes = sources.reduce((sum, { size }) => sum + size, 0);
    const progress = new Progress(output);
    const documents = readDocuments(args.positionals, {
      textField: args.string("text-field"),
      onProgress: (read) =>
        progress.show("reading", read.bytesRead / read.totalBytes),
    });
    const workers = args.number("workers") ??
      Math.min(
        navigator.hardwareConcurrency,
        Math.floor(totalBytes / BYTES_PER_WORKER),
      );
    const vocabSize = args.number("vocab-size") ?? 8192;
    const trained = await trainBpe(documents, {
      vocabSize,
      split,
      ties,
      special: args.list("special"),
      padTo: args.number("pad-to"),
      minFrequency: args.number("min-frequency"),
      workers,
      onProgress: (tokens) => progress.show("merging", tokens / vocabSize),
    });
    progress.end();
    for (const [name, content] of trained.files) {
      await writeAtomic(files(name), content);
    }
    const seconds = (performance.now() - started) / 1000;
    const { bytes, tokens, pieces, pruned, merges } = trained;
    const bytesPerToken = bytes / tokens;
    if (trained.vocabSize < vocabSize) {
      output.note(
        `the text gave only ${merges.length} merges: there are fewer tokens than asked for`,
      );
    }
    if (pruned > 0) {
      output.note(
        `${
          formatCount(pruned)
        } occurrences of rare pieces were left out to bound the memory`,
      );
    }
    output.line(
      `${trained.vocabSize} tokens with ${merges.length} merges, ${
        bytesPerToken.toFixed(2)
      } bytes per token`,
    );
    output.line(
      `from ${formatBytes(bytes)} with ${
        formatCount(pieces)
      } different pieces, in ${formatDuration(seconds)}`,
    );
    output.line(`wrote ${out}`);
    output.object({
      vocabSize: trained.vocabSize,
      merges: merges.length,
      bytes,
      pieces,
      pruned,
      bytesPerToken,
      seconds,
      out,
    });
    return 0;
  },
};

/** Where each of the files goes. */
function outputPaths(out: string): (name: string) => string {
  if (!basename(out).endsWith(".json")) {
    throw new InputError(
      `Cannot write the tokenizer to '${out}': the name has to end in .json, as tokenizer.json does`,
    );
  }
  return (name) => name === "tokenizer.json" ? out : join(dirname(out), name);
}

function named<Name extends string>(
  name: string | undefined,
  table: Readonly<Record<Name, unknown>>,
): Name | undefined {
  const isName = (each: string): each is Name => Object.hasOwn(table, each);
  return name !== undefined && isName(name) ? name : undefined;
}

/** A line that is redrawn on a terminal, at most ten times a second. */
class Progress {
  readonly #output: Output;
  #shown = -Infinity;

  constructor(output: Output) {
    this.#output = output;
  }

  show(what: string, share: number): void {
    const now = performance.now();
    if (!this.#output.isTerminal || now - this.#shown < 100) return;
    this.#shown = now;
    const percent = `${Math.floor(100 * Math.min(1, share))}`.padStart(3);
    this.#output.writeNote(`\r${what} ${progressBar(share)} ${percent} %`);
  }

  end(): void {
    if (this.#shown > 0) this.#output.writeNote(CLEAR_LINE);
  }
}
