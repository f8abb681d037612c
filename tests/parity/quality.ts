/**
 * Compares the quality classifier with fastText and with scikit-learn's
 * logistic regression on people's labels of web pages: mean AUC of held-out
 * parts, and the speed of scoring, one after the other on this machine.
 *
 * Needs the test data and Python with numpy, and fasttext-wheel or scikit-learn;
 * `PYTHON` names the interpreter. Run: deno run -A tests/parity/quality.ts
 */
import { assert } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { QualityClassifier } from "../../data/curate/quality/quality_classifier.ts";
import { readLabelled } from "../../data/curate/quality/read_labelled.ts";
import { trainQuality } from "../../data/curate/quality/train_quality.ts";
import { readDocuments } from "../../data/read/read_documents.ts";
import { type Column, tableLines } from "../../model/command/table.ts";
import { sharedData } from "../data/shared_data.ts";

/** What each classifier is measured by. */
interface Measured {
  readonly auc: number;
  readonly deviation: number;
  readonly megabytes_per_second: number;
}

/**
 * AUC that may be missing to another: the mean of three divisions differs by
 * about .004 from that of three others.
 */
const TOLERANCE = 0.01;

const COLUMNS: readonly Column[] = [
  { title: "classifier", align: "left" },
  { title: "AUC", align: "right" },
  { title: "deviation of a part", align: "right" },
  { title: "MB/s", align: "right" },
];

async function measureMinnow(path: string): Promise<Measured> {
  const texts = await Array.fromAsync(
    readLabelled(readDocuments([path]), { field: "label" }),
  );
  const aucs: number[] = [];
  let megabytesPerSecond = 0;
  for (const seed of [0, 1, 2]) {
    const trained = await trainQuality(ReadableStream.from(texts), { seed });
    aucs.push(...trained.foldAucs);
    const classifier = new QualityClassifier(trained.model);
    const bytes = texts.reduce(
      (sum, { text }) => sum + new TextEncoder().encode(text).length,
      0,
    );
    const start = performance.now();
    for (const { text } of texts) classifier.score(text);
    megabytesPerSecond = bytes / 1e3 / (performance.now() - start);
  }
  const mean = aucs.reduce((sum, auc) => sum + auc, 0) / aucs.length;
  const squares = aucs.reduce((sum, auc) => sum + (auc - mean) ** 2, 0);
  return {
    auc: mean,
    deviation: Math.sqrt(squares / aucs.length),
    megabytes_per_second: megabytesPerSecond,
  };
}

async function measureOthers(
  path: string,
): Promise<Readonly<Record<string, Measured | null>>> {
  const script = fromFileUrl(new URL("./quality.py", import.meta.url));
  const { success, stdout } = await new Deno.Command(
    Deno.env.get("PYTHON") ?? "python3",
    { args: [script, path], stderr: "inherit" },
  ).output();
  assert(success, "quality.py failed");
  return JSON.parse(new TextDecoder().decode(stdout));
}

const path = sharedData("quality/dclm_quality_labels_499.jsonl");
if (path !== null) {
  const minnow = await measureMinnow(path);
  const others = await measureOthers(path);
  const rows = Object.entries({ minnow, ...others });
  const cells = rows.map(([name, measured]) =>
    measured === null ? [name, "not installed", "", ""] : [
      name,
      measured.auc.toFixed(3),
      measured.deviation.toFixed(3),
      measured.megabytes_per_second.toFixed(1),
    ]
  );
  for (const line of tableLines(COLUMNS, cells)) console.log(line);
  for (const [name, measured] of Object.entries(others)) {
    assert(
      measured === null || minnow.auc > measured.auc - TOLERANCE,
      `minnow's AUC ${minnow.auc} is below ${name}'s`,
    );
  }
}
