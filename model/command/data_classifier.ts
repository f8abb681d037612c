import type { LabelledText } from "../../data/curate/quality/labelled_text.ts";
import { QualityClassifier } from "../../data/curate/quality/quality_classifier.ts";
import {
  loadQualityModel,
  saveQualityModel,
} from "../../data/curate/quality/quality_file.ts";
import { qualityReport } from "../../data/curate/quality/quality_report.ts";
import { readLabelled } from "../../data/curate/quality/read_labelled.ts";
import { trainQuality } from "../../data/curate/quality/train_quality.ts";
import { InputError } from "../../data/input_error.ts";
import { nearest } from "../../data/nearest.ts";
import { readDocuments } from "../../data/read/read_documents.ts";
import type { Command } from "./command.ts";
import type { Output } from "./output.ts";
import type { ParsedArguments } from "./parsed_arguments.ts";
import { qualityLines } from "./quality_tables.ts";

const ACTIONS = ["train", "test"];

/** Trains a quality classifier, or tests one. */
export const dataClassifier: Command = {
  name: "data classifier",
  summary: "Train a quality classifier from labelled texts, or test one",
  usage: "data classifier train [FILE…] | test MODEL FILE… [options]",
  examples: [
    "data classifier train labelled.jsonl --out quality.bin",
    "data classifier train --good books/ --any web/ --out quality.bin",
    "data classifier train scored.jsonl --label-field score --cut 3",
    "data classifier test quality.bin labelled.jsonl",
  ],
  positionals: { min: 1, max: 1000 },
  options: [
    {
      name: "good",
      kind: "list",
      placeholder: "PATH",
      description: "File or folder of texts that are all good",
    },
    {
      name: "any",
      kind: "list",
      placeholder: "PATH",
      description: "File or folder of texts as they come, to tell good from",
    },
    {
      name: "text-field",
      kind: "string",
      default: "text",
      description: "Field of a JSONL line that holds the text",
    },
    {
      name: "label-field",
      kind: "string",
      default: "label",
      description: "Field that holds the label: 1 for good, 0 for others",
    },
    {
      name: "cut",
      kind: "number",
      placeholder: "N",
      description: "Labels are scores, and good from this one on",
    },
    {
      name: "out",
      kind: "string",
      placeholder: "FILE",
      default: "quality.bin",
      description: "Where the classifier goes",
    },
    {
      name: "ngrams",
      kind: "integer",
      minimum: 1,
      maximum: 5,
      default: 2,
      description: "Longest run of words that counts",
    },
    {
      name: "bits",
      kind: "integer",
      minimum: 8,
      maximum: 24,
      default: 18,
      description: "Runs are hashed into 2^N buckets",
    },
    {
      name: "l2",
      kind: "number",
      minimum: 0,
      default: 0.03,
      description: "Penalty on large weights",
    },
    {
      name: "epochs",
      kind: "integer",
      minimum: 1,
      maximum: 10_000,
      default: 20,
      description: "How often all texts are gone through",
    },
    {
      name: "folds",
      kind: "integer",
      minimum: 2,
      maximum: 20,
      default: 5,
      description: "Parts in which texts are held out in turn",
    },
    {
      name: "max-per-label",
      kind: "integer",
      minimum: 20,
      default: 50_000,
      description: "Texts of each label at most; of more a random sample",
    },
    {
      name: "seed",
      kind: "integer",
      minimum: 0,
      default: 1,
      description: "Seed of order, parts and sample",
    },
  ],
  details: "The same texts and seed give the same file. In curate.yaml: " +
    "\n\n  steps:\n    - quality: { model: quality.bin, threshold: 0.5 }",
  async run(args, output) {
    const [action, ...files] = args.positionals;
    if (action === "train") return await train(args, files, output);
    if (action === "test") return await test(args, files, output);
    const meant = nearest(action, ACTIONS);
    throw new InputError(
      `Unknown action '${action}' of data classifier: ` +
        (meant ? `did you mean '${meant}'?` : "give train or test"),
    );
  },
};

async function train(
  args: ParsedArguments,
  files: readonly string[],
  output: Output,
): Promise<number> {
  const out = args.string("out") ?? "quality.bin";
  const trained = await trainQuality(trainingTexts(args, files, output), {
    ngrams: args.number("ngrams"),
    bits: args.number("bits"),
    l2: args.number("l2"),
    epochs: args.number("epochs"),
    folds: args.number("folds"),
    maxPerLabel: args.number("max-per-label"),
    seed: args.number("seed"),
    onProgress: (message) => output.note(message),
  });
  await saveQualityModel(out, trained.model);
  const { heldOut, foldAucs, duplicates, offered } = trained;
  output.object({ out, offered, duplicates, foldAucs, ...heldOut });
  output.line("While held out in turn:");
  for (const line of qualityLines(heldOut)) output.line(line);
  output.line();
  output.line(
    `${offered} texts read, ${duplicates} of them copies, ` +
      `${heldOut.documents} used; AUC of each part ${
        foldAucs.map((auc) => auc.toFixed(3)).join(", ")
      }`,
  );
  output.line(`written to ${out}`);
  return 0;
}

async function test(
  args: ParsedArguments,
  [model, ...files]: readonly string[],
  output: Output,
): Promise<number> {
  if (model === undefined || files.length === 0) {
    throw new InputError(
      "Cannot test a classifier: name its file and labelled files, as in " +
        "'data classifier test quality.bin labelled.jsonl'",
    );
  }
  const classifier = new QualityClassifier(await loadQualityModel(model));
  const scores: number[] = [];
  const labels: number[] = [];
  for await (const { text, label } of labelledTexts(args, files, output)) {
    scores.push(classifier.score(text));
    labels.push(label);
  }
  if (!labels.includes(0) || !labels.includes(1)) {
    throw new InputError(
      `Cannot test a classifier on ${labels.length} texts with the same ` +
        "label: label good and other ones",
    );
  }
  const report = qualityReport(
    Float64Array.from(scores),
    Uint8Array.from(labels),
  );
  output.object({ model, ...report });
  for (const line of qualityLines(report)) output.line(line);
  return 0;
}

/** Labelled files, or folders that say the label. */
async function* trainingTexts(
  args: ParsedArguments,
  files: readonly string[],
  output: Output,
): AsyncGenerator<LabelledText> {
  const good = args.list("good");
  const any = args.list("any");
  if (good.length === 0 !== (any.length === 0)) {
    throw new InputError(
      `Cannot train with --${good.length > 0 ? "good" : "any"} alone: name ` +
        `texts for --${good.length > 0 ? "any" : "good"} too`,
    );
  }
  if (files.length === 0 && good.length === 0) {
    throw new InputError(
      "Cannot train without texts: name labelled JSONL files, or --good and " +
        "--any",
    );
  }
  if (files.length > 0) yield* labelledTexts(args, files, output);
  for (const [paths, label] of [[good, 1], [any, 0]] as const) {
    if (paths.length === 0) continue;
    const textField = args.string("text-field");
    for await (const { text } of readDocuments(paths, { textField })) {
      yield { text, label };
    }
  }
}

async function* labelledTexts(
  args: ParsedArguments,
  files: readonly string[],
  output: Output,
): AsyncGenerator<LabelledText> {
  let unlabelled = 0;
  const documents = readDocuments(files, {
    textField: args.string("text-field"),
  });
  yield* readLabelled(documents, {
    field: args.string("label-field") ?? "label",
    cut: args.number("cut"),
    onUnlabelled: (count) => unlabelled = count,
  });
  if (unlabelled > 0) {
    output.note(`${unlabelled} texts have no label yet and are passed over`);
  }
}
