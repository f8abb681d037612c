import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
} from "@std/assert";
import { join } from "@std/path";
import {
  QualityClassifier,
  type QualityModel,
} from "../../../../data/curate/quality/quality_classifier.ts";
import {
  loadQualityModel,
  saveQualityModel,
} from "../../../../data/curate/quality/quality_file.ts";
import { sampleDocuments } from "../../../../data/curate/quality/sample_documents.ts";
import type { StepContext } from "../../../../data/curate/step.ts";
import { parseStep } from "../../../../data/curate/step_catalog.ts";
import type { Document } from "../../../../data/document.ts";
import { InputError } from "../../../../data/input_error.ts";
import { Random } from "../../../../data/random.ts";
import { withFolder } from "../../with_folder.ts";

/** Random weights: any text has some score. */
function randomModel(bits = 8): QualityModel {
  const random = new Random(2);
  return {
    features: { ngrams: 2, bits },
    linear: {
      weights: Float32Array.from({ length: 2 ** bits }, () => random.normal()),
      bias: 0.25,
    },
    scaling: { slope: 2, offset: -0.1 },
  };
}

function documentsOf(count: number): Document[] {
  const random = new Random(8);
  const letters = [..."abcdefghijklmnopqrstuvwxyz"];
  const word = () => random.pick(letters) + random.pick(letters);
  return Array.from({ length: count }, (_, i) => ({
    id: `d${i}`,
    text: Array.from({ length: 8 }, word).join(" "),
    metadata: { source: "web" },
  }));
}

async function* stream<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** A saved classifier, and what runs a step with it. */
async function withModel(
  body: (
    path: string,
    run: (options: Record<string, unknown>, documents: Document[]) => Promise<
      { kept: Document[]; dropped: string[]; reasons: Set<string> }
    >,
  ) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const model = join(folder, "quality.bin");
    await saveQualityModel(model, randomModel());
    await body(model, async (options, documents) => {
      const step = await parseStep(
        { quality: { model, ...options } },
        "test.yaml: steps[0]",
      );
      const dropped: string[] = [];
      const reasons = new Set<string>();
      const drop = ({ id }: Document, reason: string) => {
        reasons.add(reason);
        dropped.push(id);
      };
      if (step.kind === "corpus") {
        const own = await Deno.makeTempDir({ dir: folder });
        const context: StepContext = {
          drop,
          progress: () => {},
          folder: own,
          seed: 1,
        };
        const kept = await Array.fromAsync(
          step.run(stream(documents), context),
        );
        return { kept, dropped, reasons };
      }
      const kept: Document[] = [];
      for (const document of documents) {
        const verdict = step.judge(document);
        if ("dropped" in verdict) drop(document, verdict.dropped);
        else kept.push(verdict);
      }
      return { kept, dropped, reasons };
    });
  });
}

Deno.test("a threshold keeps what reaches it and notes the score", () =>
  withModel(async (_, run) => {
    const documents = documentsOf(300);
    const classifier = new QualityClassifier(randomModel());
    const good = documents.filter(({ text }) => classifier.score(text) >= 0.7);
    assert(good.length > 10 && good.length < 290, `${good.length} good`);
    const { kept, dropped, reasons } = await run(
      { threshold: 0.7 },
      documents,
    );
    assertEquals([...reasons], ["low_quality"]);
    assertEquals(kept.map(({ id }) => id), good.map(({ id }) => id));
    assertEquals(kept.length + dropped.length, 300);
    for (const { text, metadata } of kept) {
      assertEquals(metadata, {
        source: "web",
        quality: classifier.score(text),
      });
    }
    const half = await run({}, documents);
    assertEquals(
      half.kept.length,
      documents.filter(({ text }) => classifier.score(text) >= 0.5).length,
    );
  }));

Deno.test("a share keeps the best documents in their order", () =>
  withModel(async (_, run) => {
    const documents = documentsOf(1000);
    const classifier = new QualityClassifier(randomModel());
    const scores = documents.map(({ text }) => classifier.score(text));
    const least = scores.toSorted((a, b) => b - a)[99];
    const { kept, dropped, reasons } = await run({ keep: 0.1 }, documents);
    assertEquals(
      kept.map(({ id }) => id),
      documents.filter((_, i) => scores[i] >= least).map(({ id }) => id),
    );
    assertEquals(dropped.length, 900);
    const [reason, ...others] = reasons;
    assertEquals(others, []);
    const threshold = Number(/^quality_below_(0\.\d{4})$/.exec(reason)?.[1]);
    assertAlmostEquals(threshold, least, 1e-3);
    const all = await run({ keep: 1 }, documents);
    assertEquals(all.kept.length, 1000);
    // Equal scores stay together: no order among them would be fair.
    const same = documents.map(({ id }): Document => ({ id, text: "same" }));
    assertEquals((await run({ keep: 0.1 }, same)).kept.length, 1000);
  }));

Deno.test("a share of a huge or a hopeless score has a range", () =>
  withModel(async (path, run) => {
    const model = randomModel();
    for (const offset of [1000, -1000]) {
      // The sigmoid is exactly 1 and 0.
      await saveQualityModel(path, { ...model, scaling: { slope: 1, offset } });
      const { kept } = await run({ keep: 0.5 }, documentsOf(10));
      assertEquals(kept.length, 10);
    }
  }));

Deno.test("a step without a model, or with a bad one, is bad input", () =>
  withModel(async (path) => {
    const refused = (options: Record<string, unknown>, message: string) =>
      assertRejects(
        () => parseStep({ quality: options }, "test.yaml: steps[0]"),
        InputError,
        message,
      );
    await refused({}, "it has no model");
    await refused({ model: `${path}.gone` }, "there is no such file");
    await refused({ model: path, threshold: 0.5, keep: 0.1 }, "give one");
    await refused({ model: path, threshold: 2 }, "at most 1");
    await refused({ model: path, keep: 0 }, "more than 0");
  }));

Deno.test("a saved classifier is the same when it is loaded", () =>
  withModel(async (path) => {
    assertEquals(await loadQualityModel(path), randomModel());
  }));

Deno.test("a damaged classifier is refused wherever the damage is", () =>
  withModel(async (path) => {
    const bytes = await Deno.readFile(path);
    const refused = async (changed: Uint8Array, about: string) => {
      await Deno.writeFile(path, changed);
      await assertRejects(
        () => loadQualityModel(path),
        InputError,
        "Cannot use the classifier",
        about,
      );
    };
    for (const length of [0, 7, 15, 16, 40, bytes.length - 1]) {
      await refused(bytes.subarray(0, length), `cut to ${length}`);
    }
    await refused(new Uint8Array([...bytes, 0]), "one byte too many");
    const seed = Date.now();
    const random = new Random(seed);
    for (let round = 0; round < 60; round++) {
      const changed = bytes.slice();
      const place = round < 20 ? round : random.integer(bytes.length);
      changed[place] ^= 1 << random.integer(8);
      await refused(changed, `seed ${seed}: bit of byte ${place}`);
    }
  }));

Deno.test("a header that promises too much is refused before it is believed", () =>
  withFolder(async (folder) => {
    const path = join(folder, "quality.bin");
    const model = randomModel();
    const refused = async (changed: QualityModel, message: string) => {
      // The checksum is right: it was written like this.
      await saveQualityModel(path, changed);
      await assertRejects(() => loadQualityModel(path), InputError, message);
    };
    const { features, linear } = model;
    await refused({ ...model, features: { ...features, bits: 24 } }, "bytes");
    await refused({ ...model, features: { ...features, bits: 60 } }, "header");
    await refused({ ...model, features: { bits: 8, ngrams: 99 } }, "header");
    await refused({ ...model, linear: { ...linear, bias: NaN } }, "header");
    const weights = linear.weights.slice().fill(Infinity, 9, 10);
    await refused({ ...model, linear: { ...linear, weights } }, "no number");
  }));

Deno.test("a sample is as likely to hold any document as another", async () => {
  const documents = documentsOf(50);
  const times = new Map<string, number>();
  for (let seed = 0; seed < 400; seed++) {
    const sample = await sampleDocuments(stream(documents), {
      count: 10,
      seed,
    });
    assertEquals(new Set(sample).size, 10);
    for (const { id } of sample) times.set(id, (times.get(id) ?? 0) + 1);
  }
  // 400 draws at 1/5 each: mean 80, deviation 8.
  for (const { id } of documents) {
    const drawn = times.get(id) ?? 0;
    assert(Math.abs(drawn - 80) < 40, `${id} drawn ${drawn} times`);
  }
});

Deno.test("a stratified sample has as many of each tenth of the scores", async () => {
  const scoreOf = (text: string) => Number(text);
  // 900 documents at .05, 60 at .55 and 3 at 1.
  const documents = [0.05, 0.55, 1].flatMap((score, i) =>
    Array.from(
      { length: [900, 60, 3][i] },
      (_, j): Document => ({ id: `${score}/${j}`, text: String(score) }),
    )
  );
  const options = { count: 43, seed: 5, score: scoreOf };
  const sample = await sampleDocuments(stream(documents), options);
  const counts = [0.05, 0.55, 1].map((score) =>
    sample.filter(({ text }) => scoreOf(text) === score).length
  );
  assertEquals(counts, [20, 20, 3]);
  assertEquals(await sampleDocuments(stream(documents), options), sample);
  const more = await sampleDocuments(stream(documents), {
    ...options,
    count: 10_000,
  });
  assertEquals(more.length, 963);
});
