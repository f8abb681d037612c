import { Tokenizer as Package } from "npm:@huggingface/tokenizers@^0.2.0";
import { fromFileUrl, join } from "@std/path";
import { InputError } from "../data/input_error.ts";
import { readDocuments } from "../data/read/read_documents.ts";
import { type SplitName, SPLITS } from "../data/tokenize/bpe/split.ts";
import { trainBpe } from "../data/tokenize/bpe/train_bpe.ts";
import { tokenizerOf } from "../data/tokenize/tokenizer_of.ts";
import type { Gpu } from "../kernels/runtime/gpu.ts";
import { sharedData } from "../tests/data/shared_data.ts";
import { encodingTokenizers } from "../tests/data/tokenize/encoding_cases.ts";
import type { BenchArguments } from "./support/arguments.ts";
import type { Report } from "./support/report.ts";
import { summarize } from "./support/statistics.ts";

const ROUNDS = 3;
const VOCAB_SIZE = 8192;
const SCRIPT = fromFileUrl(new URL("./tokenizer/rust.py", import.meta.url));

/**
 * Encoding and training beside Hugging Face's Rust library and its JavaScript
 * package, in turn on one core (training: on as many as each takes), and how
 * the times grow with the text. Every pass has a fresh tokenizer, so that no
 * cache knows the text.
 */
export async function benchTokenizer(
  _gpu: Gpu,
  args: BenchArguments,
  report: Report,
): Promise<void> {
  const books = sharedData("text/gutenberg_books.jsonl");
  if (books === null) {
    throw new InputError("Cannot measure tokenizers without the novels");
  }
  const texts: string[] = [];
  for await (const { text } of readDocuments([books])) texts.push(text);
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "texts.json");
    await Deno.writeTextFile(path, JSON.stringify(texts));
    const rows: string[][] = [];
    for (const [name, json] of await encodingTokenizers()) {
      if (!`encode ${name}`.includes(args.filter)) continue;
      const file = join(folder, `${name}.json`);
      await Deno.writeTextFile(file, json);
      rows.push(
        ...await inTurn(report, `encode ${name}`, bytesOf(texts), {
          minnow: () => encodeHere(json, texts),
          rust: () => rust(["encode", file, path]),
          javascript: () => encodeByPackage(json, texts),
        }),
      );
    }
    for (const split of ["gpt2", "gpt4"] as const) {
      if (!`train ${split}`.includes(args.filter)) continue;
      const { pattern } = SPLITS[split];
      rows.push(
        ...await inTurn(report, `train ${split}`, bytesOf(texts), {
          minnow: () => trainHere(texts, split),
          rust: () => rust(["train", path, String(VOCAB_SIZE), pattern]),
        }),
      );
    }
    report.table([
      { title: "work", align: "left" },
      { title: "by", align: "left" },
      { title: "seconds", align: "right" },
      { title: "MB/s", align: "right" },
      { title: "minnow is faster", align: "right" },
    ], rows);
    if ("growth".includes(args.filter)) await growth(texts, report);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Times each in turn, so that a slower moment of the machine meets all. */
async function inTurn(
  report: Report,
  work: string,
  bytes: number,
  peers: Readonly<Record<string, () => number | Promise<number>>>,
): Promise<string[][]> {
  const names = Object.keys(peers);
  const found = new Map(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names) found.get(name)?.push(await peers[name]());
  }
  const [own = []] = found.values();
  return [...found].map(([by, seconds]) => {
    const { median } = summarize(seconds);
    const ratio = summarize(seconds.map((each, i) => each / own[i])).median;
    report.add({ work, by, seconds, median, bytes, ratio });
    return [
      work,
      by,
      median.toFixed(3),
      (bytes / median / 1e6).toFixed(1),
      `${ratio.toFixed(2)}×`,
    ];
  });
}

function encodeHere(json: string, texts: readonly string[]): number {
  const tokenizer = tokenizerOf({ tokenizer: json, path: "tokenizer.json" });
  return timed(() => {
    for (const text of texts) tokenizer.encode(text);
  });
}

function encodeByPackage(json: string, texts: readonly string[]): number {
  const tokenizer = new Package(JSON.parse(json), {});
  return timed(() => {
    for (const text of texts) {
      tokenizer.encode(text, { add_special_tokens: false });
    }
  });
}

async function trainHere(
  texts: readonly string[],
  split: SplitName,
): Promise<number> {
  const documents = texts.map((text, i) => ({ id: String(i), text }));
  const start = performance.now();
  await trainBpe(documents, { vocabSize: VOCAB_SIZE, split });
  return (performance.now() - start) / 1000;
}

async function rust(args: readonly string[]): Promise<number> {
  const { success, stdout, stderr } = await new Deno.Command(
    Deno.env.get("PYTHON") ?? "python3",
    {
      args: [SCRIPT, ...args],
      env: {
        TOKENIZERS_PARALLELISM: args[0] === "train" ? "true" : "false",
      },
    },
  ).output();
  if (!success) {
    const words = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
    throw new InputError(
      `Cannot time Hugging Face's tokenizers (${words}): install them, or name a Python that has them in PYTHON`,
    );
  }
  const { seconds }: { seconds: number } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  return seconds;
}

/** A tenth of the text, all of it, and ten times as much of it. */
async function growth(texts: readonly string[], report: Report): Promise<void> {
  const sizes = [
    texts.filter((_, i) => i % 10 === 0),
    texts,
    Array.from({ length: 10 }, () => texts).flat(),
  ];
  const { files } = await trainBpe(
    texts.map((text, i) => ({ id: String(i), text })),
    { vocabSize: VOCAB_SIZE, split: "gpt4" },
  );
  const json = files.get("tokenizer.json") ?? "";
  const rows: string[][] = [];
  for (const size of sizes) {
    const bytes = bytesOf(size);
    const encode = encodeHere(json, size);
    const train = await trainHere(size, "gpt4");
    report.add({ work: "growth", bytes, encode, train });
    rows.push([
      (bytes / 1e6).toFixed(2),
      encode.toFixed(3),
      train.toFixed(3),
    ]);
  }
  report.table([
    { title: "MB of text", align: "right" },
    { title: "encode, s", align: "right" },
    { title: "train, s", align: "right" },
  ], rows);
}

function bytesOf(texts: readonly string[]): number {
  const encoder = new TextEncoder();
  return texts.reduce((sum, text) => sum + encoder.encode(text).length, 0);
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}
