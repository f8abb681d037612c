import { writeAtomic } from "../../data/atomic_write.ts";
import { QualityClassifier } from "../../data/curate/quality/quality_classifier.ts";
import { loadQualityModel } from "../../data/curate/quality/quality_file.ts";
import { sampleDocuments } from "../../data/curate/quality/sample_documents.ts";
import type { Document } from "../../data/document.ts";
import { exists } from "../../data/exists.ts";
import { InputError } from "../../data/input_error.ts";
import { readDocuments } from "../../data/read/read_documents.ts";
import type { Command } from "./command.ts";

/** Exports documents to be labelled. */
export const dataLabel: Command = {
  name: "data label",
  summary: "Draw a sample of documents to be labelled by hand",
  usage: "data label PATH… [options]",
  examples: [
    "data label web/ --count 300 --out label.jsonl",
    "data label web/ --model quality.bin --known label.jsonl --out more.jsonl",
  ],
  positionals: { min: 1, max: 1000 },
  options: [
    {
      name: "count",
      kind: "integer",
      minimum: 1,
      maximum: 1_000_000,
      default: 200,
      description: "Documents to draw",
    },
    {
      name: "model",
      kind: "string",
      placeholder: "FILE",
      description:
        "Classifier: each tenth of its scores gives as many documents as the " +
        "others, so that the doubtful ones are among them",
    },
    {
      name: "known",
      kind: "list",
      placeholder: "FILE",
      description: "JSONL whose documents are not drawn again",
    },
    {
      name: "text-field",
      kind: "string",
      default: "text",
      description: "Field of a JSONL line that holds the text",
    },
    {
      name: "seed",
      kind: "integer",
      minimum: 0,
      default: 1,
      description: "Seed of what is drawn",
    },
    {
      name: "out",
      kind: "string",
      placeholder: "FILE",
      default: "label.jsonl",
      description: "Where the sample goes; must not exist",
    },
  ],
  details:
    "Each line is { id, text, label: null }. Put 1 for good or 0 for others in\n" +
    "place of null, then: minnow data classifier train label.jsonl",
  async run(args, output) {
    const out = args.string("out") ?? "label.jsonl";
    if (await exists(out)) {
      throw new InputError(
        `Cannot write the sample to '${out}': it exists and may hold ` +
          "labels; name another file with --out",
      );
    }
    const known = new Set<string>();
    if (args.list("known").length > 0) {
      for await (const { id } of readDocuments(args.list("known"))) {
        known.add(id);
      }
    }
    const model = args.string("model");
    const classifier = model === undefined
      ? undefined
      : new QualityClassifier(await loadQualityModel(model));
    const textField = args.string("text-field");
    const documents = readDocuments(args.positionals, { textField });
    const sample = await sampleDocuments(unknown(documents, known), {
      count: args.number("count") ?? 200,
      seed: args.number("seed") ?? 1,
      score: classifier && ((text) => classifier.score(text)),
    });
    if (sample.length === 0) {
      throw new InputError(
        `Cannot draw from '${args.positionals.join("', '")}': all documents ` +
          "are known already; name others, or fewer files with --known",
      );
    }
    await writeAtomic(
      out,
      sample.map(({ id, text }) =>
        JSON.stringify({ id, text, label: null }) + "\n"
      ).join(""),
    );
    output.object({ out, documents: sample.length });
    output.line(`${sample.length} documents to label written to ${out}`);
    return 0;
  },
};

async function* unknown(
  documents: AsyncIterable<Document>,
  known: ReadonlySet<string>,
): AsyncGenerator<Document> {
  for await (const document of documents) {
    if (!known.has(document.id)) yield document;
  }
}
