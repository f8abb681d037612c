import { dirname, join } from "@std/path";
import { type Manifest, readManifest } from "../../data/corpus/manifest.ts";
import { formatBytes, formatCount } from "../../data/format.ts";
import { InputError } from "../../data/input_error.ts";
import {
  inspectShard,
  type ShardDescription,
} from "../../data/inspect/inspect_shard.ts";
import { readDropped } from "../../data/inspect/read_dropped.ts";
import { verifyCorpus } from "../../data/inspect/verify_corpus.ts";
import { loadTokenizer } from "../../data/tokenize/load_tokenizer.ts";
import type { Tokenizer } from "../../data/tokenize/tokenizer.ts";
import type { Command } from "./command.ts";
import type { Output } from "./output.ts";
import type { ParsedArguments } from "./parsed_arguments.ts";

/** Characters shown of a text. */
const SHOWN_LENGTH = 300;

/** Shows what is in token files, and what a curation dropped. */
export const dataInspect: Command = {
  name: "data inspect",
  summary: "Look into token files and corpora",
  usage: "data inspect PATH [options]",
  examples: [
    "data inspect corpus",
    "data inspect corpus/train/train_000000.bin --documents 10",
    "data inspect corpus --dropped gopher_quality",
    "data inspect corpus --verify",
  ],
  positionals: { min: 1, max: 1 },
  options: [
    {
      name: "documents",
      kind: "integer",
      minimum: 0,
      default: 3,
      description: "Documents or examples to show",
    },
    {
      name: "dropped",
      kind: "string",
      placeholder: "STEP",
      description: "Show examples of what this step dropped",
    },
    {
      name: "reason",
      kind: "string",
      placeholder: "REASON",
      description: "With --dropped: only examples of this reason",
    },
    {
      name: "tokenizer",
      kind: "string",
      placeholder: "FILE",
      description: "Tokenizer, where none lies beside the tokens",
    },
    {
      name: "verify",
      kind: "boolean",
      description: "Compare the files of a corpus with its manifest's hashes",
    },
  ],
  async run(args, output) {
    const [path] = args.positionals;
    const step = args.string("dropped");
    if (step !== undefined) {
      await showDropped(path, step, args, output);
      return 0;
    }
    const manifest = await readManifest(path);
    const given = args.string("tokenizer");
    const tokenizer = given === undefined
      ? await tokenizerBeside(path)
      : await loadTokenizer(given);
    const documents = args.number("documents") ?? 3;
    if (manifest === null) {
      if (args.boolean("verify")) {
        throw new InputError(
          `Cannot verify '${path}': it is no prepared corpus, so that no hashes are known`,
        );
      }
      for (const shard of await shardsOf(path)) {
        showShard(inspectShard(shard, tokenizer, documents), output);
      }
      return 0;
    }
    showCorpus(path, manifest, output);
    const shown = manifest.train.shards.slice(0, 1);
    for (const { file } of shown) {
      output.line();
      showShard(inspectShard(join(path, file), tokenizer, documents), output);
    }
    return args.boolean("verify") ? await verify(path, manifest, output) : 0;
  },
};

async function verify(
  path: string,
  manifest: Manifest,
  output: Output,
): Promise<number> {
  let files = 0;
  const broken = await verifyCorpus(path, manifest, () => files++);
  output.line();
  for (const { file, problem } of broken) output.line(`${file}: ${problem}`);
  output.line(
    broken.length === 0
      ? `verified ${files} files: all as they were written`
      : `${broken.length} of ${files} files are damaged; prepare the corpus again`,
  );
  output.object({ verified: files, broken });
  return broken.length === 0 ? 0 : 1;
}

async function showDropped(
  path: string,
  step: string,
  args: ParsedArguments,
  output: Output,
): Promise<void> {
  const all = await readDropped(path, step);
  const reason = args.string("reason");
  const examples = all.filter((each) => (reason ?? each.reason) === each.reason)
    .slice(0, args.isGiven("documents") ? args.number("documents") : undefined);
  if (examples.length === 0) {
    const reasons = [...new Set(all.map((each) => each.reason))];
    throw new InputError(
      `Cannot show what "${step}" dropped as "${reason}": its reasons are ${
        reasons.join(", ")
      }`,
    );
  }
  for (const example of examples) {
    const { id, length, text } = example;
    output.line(`${example.reason}  ${id}  (${length} characters)`);
    output.line(indented(text));
    output.line();
    output.object({ ...example });
  }
}

function showCorpus(path: string, manifest: Manifest, output: Output): void {
  const { tokenizer, train, validation } = manifest;
  output.line(`corpus     ${path}`);
  output.line(`tokenizer  ${tokenizer.kind}, ${tokenizer.vocabSize} ids`);
  for (const [name, part] of [["train", train], ["validation", validation]]) {
    if (typeof name !== "string" || typeof part !== "object" || !part) continue;
    const rate = part.tokens === 0 ? 0 : part.bytes / part.tokens;
    output.line(
      `${name.padEnd(10)} ${formatCount(part.tokens, "tokens")}, ${
        formatCount(part.documents, "documents")
      }, ${formatBytes(part.bytes)} of text (${
        rate.toFixed(2)
      } bytes a token), ${part.shards.length} files`,
    );
  }
  const { fingerprint, seed, split, sources } = manifest;
  output.object({
    corpus: path,
    tokenizer,
    train: withoutShards(train),
    validation: validation && withoutShards(validation),
    fingerprint,
    seed,
    split,
    sources,
  });
}

function withoutShards(part: Manifest["train"]): Record<string, number> {
  const { documents, bytes, tokens, shards } = part;
  return { documents, bytes, tokens, files: shards.length };
}

function showShard(shard: ShardDescription, output: Output): void {
  const { path, format, dtype, tokens, largestToken, lengths } = shard;
  output.line(`shard      ${path}`);
  output.line(
    `format     ${format}, ${dtype}, ${
      formatCount(tokens, "tokens")
    }, the largest is ${largestToken}`,
  );
  if (lengths === null) {
    output.line(
      "documents  unknown: nothing beside the file says where they end",
    );
  } else {
    const { count, minimum, median, mean, ninetieth, maximum } = lengths;
    output.line(
      `documents  ${formatCount(count)} (${
        shard.boundaries === "file"
          ? "ends are kept beside the tokens"
          : "by end-of-text tokens"
      })`,
    );
    output.line(
      `lengths    ${minimum} … ${maximum} tokens, mean ${
        mean.toFixed(1)
      }, median ${median}, 90 % up to ${ninetieth}`,
    );
  }
  for (const { index, start, tokens, text, ids } of shard.beginnings) {
    output.line();
    output.line(`document ${index} at token ${start}, ${tokens} tokens:`);
    output.line(indented(text ?? ids.join(" ")));
  }
  output.object({ ...shard });
}

function indented(text: string): string {
  const cut = text.length > SHOWN_LENGTH
    ? `${text.slice(0, SHOWN_LENGTH)}…`
    : text;
  // Control characters would act on the terminal.
  return cut.split("\n").map((line) => `    ${line.replace(/\p{Cc}/gu, "")}`)
    .join("\n");
}

/** The tokenizer of the folder or one above, as corpora have it. */
async function tokenizerBeside(path: string): Promise<Tokenizer | null> {
  for (const folder of [path, dirname(path), dirname(dirname(path))]) {
    const file = join(folder, "tokenizer.json");
    const info = await Deno.stat(file).catch(() => null);
    if (info?.isFile) return await loadTokenizer(file);
  }
  return null;
}

async function shardsOf(path: string): Promise<string[]> {
  const info = await Deno.stat(path).catch(() => null);
  if (info === null) {
    throw new InputError(
      `Cannot inspect '${path}': there is no such file or folder`,
    );
  }
  if (!info.isDirectory) {
    if (/\.(bin|ds|idx)$/.test(path)) return [path];
    throw new InputError(
      `Cannot inspect '${path}': token files end in .bin, .ds or .idx`,
    );
  }
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(path)) {
    if (isFile && /\.(bin|ds)$/.test(name)) names.push(name);
  }
  if (names.length === 0) {
    throw new InputError(
      `Cannot inspect '${path}': it is no prepared corpus and holds no token files (.bin, .ds)`,
    );
  }
  return names.sort().map((name) => join(path, name));
}
