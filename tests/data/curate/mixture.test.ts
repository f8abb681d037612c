import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { documentCopies } from "../../../data/curate/document_copies.ts";
import { effectiveTokens } from "../../../data/curate/effective_tokens.ts";
import { mixDocuments } from "../../../data/curate/mix_documents.ts";
import {
  type MixtureSource,
  planMixture,
} from "../../../data/curate/mixture.ts";
import type { Document } from "../../../data/document.ts";
import { InputError } from "../../../data/input_error.ts";
import { Random } from "../../../data/random.ts";
import { mixtureLines } from "../../../model/command/mixture_table.ts";

const EPOCHS = [0.25, 1, 1.5, 3, 2.999];

Deno.test("repeated tokens are worth what Muennighoff et al. say", () => {
  // Equation 5 of arXiv:2305.16264 worked out by hand with R* = 15.387756:
  // 1 + 15.387756 · (1 − e^(−3 / 15.387756)) = 3.72567
  assertAlmostEquals(effectiveTokens(1, 4), 3.72567, 1e-5);
  // 100 million tokens gone through ten times: R = 9.
  assertAlmostEquals(
    effectiveTokens(100e6, 1000e6),
    100e6 * (1 + 15.387756 * (1 - Math.exp(-9 / 15.387756))),
    1,
  );
  assertEquals(effectiveTokens(50, 50), 50);
  assertEquals(effectiveTokens(0, 0), 0);
  // However often, never more than U + U·R*.
  assertAlmostEquals(effectiveTokens(1, 1e9), 16.387756, 1e-6);
  assertThrows(() => effectiveTokens(5, 4), RangeError);
});

Deno.test("weights are shares of the training tokens", () => {
  const mixture = planMixture([
    { name: "web", tokens: 10_000, weight: 0.6 },
    { name: "books", tokens: 1000, weight: 0.3 },
    { name: "code", tokens: 500, weight: 0.1 },
  ], 5000);
  assertEquals(mixture.sources.map(({ tokens }) => tokens), [3000, 1500, 500]);
  assertEquals(mixture.sources.map(({ share }) => share), [0.6, 0.3, 0.1]);
  mixture.sources.forEach(({ epochs }, i) =>
    assertAlmostEquals(epochs, [0.3, 1.5, 1][i], 1e-12)
  );
  assertEquals(mixture.sources.map(({ unique }) => unique), [3000, 1000, 500]);
  assertEquals(mixture.tokens, 5000);
  assertEquals(mixture.unique, 4500);
  assertAlmostEquals(
    mixture.effective,
    3500 + effectiveTokens(1000, 1500),
    1e-9,
  );
});

Deno.test("sources with epochs are set apart before weights share the rest", () => {
  const { sources, tokens } = planMixture([
    { name: "a", tokens: 100, epochs: 4 },
    { name: "b", tokens: 300, weight: 1 },
    { name: "c", tokens: 300, weight: 3 },
  ], 1200);
  assertEquals(sources.map((source) => source.tokens), [400, 200, 600]);
  assertEquals(tokens, 1200);
});

Deno.test("without a total, weighted sources give as much as they have", () => {
  const { sources } = planMixture([
    { name: "a", tokens: 100 },
    { name: "b", tokens: 900, weight: 1 },
    { name: "c", tokens: 100, weight: 1 },
  ]);
  assertEquals(sources.map((source) => source.tokens), [100, 500, 500]);
  assertEquals(sources[2].epochs, 5);
});

Deno.test("a number of epochs that is whole but for rounding is whole", () => {
  // 0.1 + 0.2 is not 0.3 in binary: the third source would get 2.9999… epochs.
  const { sources } = planMixture([
    { name: "a", tokens: 70, weight: 0.7 },
    { name: "b", tokens: 10, weight: 0.1 + 0.2 },
  ], 100);
  assertEquals(sources.map(({ epochs }) => epochs), [1, 3]);
});

Deno.test("the shares of random mixtures sum to one and keep to the weights", () => {
  const seed = Date.now();
  const random = new Random(seed);
  for (let round = 0; round < 200; round++) {
    const sources: MixtureSource[] = Array.from(
      { length: 1 + random.integer(6) },
      (_, i) => ({
        name: `s${i}`,
        tokens: 1 + random.integer(1e9),
        weight: 0.01 + random.uniform(),
      }),
    );
    const total = 1 + random.integer(1e10);
    const mixture = planMixture(sources, total);
    const weights = sources.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
    const about = `seed ${seed}, round ${round}`;
    mixture.sources.forEach(({ share, effective, tokens, unique }, i) => {
      const expected = (sources[i].weight ?? 0) / weights;
      assertAlmostEquals(share, expected, 1e-6, about);
      assert(unique <= effective + 1e-6 && effective <= tokens + 1e-6, about);
    });
    assertAlmostEquals(mixture.tokens / total, 1, 1e-6, about);
  }
});

Deno.test("documents are repeated so often as the epochs say", () => {
  const count = 20_000;
  for (const epochs of EPOCHS) {
    let copies = 0;
    for (let i = 0; i < count; i++) {
      const times = documentCopies(epochs, {
        seed: 7,
        source: "web",
        id: `page-${i}`,
      });
      assert(times === Math.floor(epochs) || times === Math.ceil(epochs));
      copies += times;
    }
    // Five standard deviations of a binomial share.
    const deviation = 5 * Math.sqrt(0.25 / count);
    assertAlmostEquals(copies / count, epochs, deviation);
  }
});

Deno.test("which documents are repeated depends on seed, source and id alone", () => {
  const chosen = (seed: number, source: string) =>
    Array.from({ length: 400 }, (_, i) => `page-${i}`).filter((id) =>
      documentCopies(0.5, { seed, source, id }) === 1
    );
  assertEquals(chosen(1, "web"), chosen(1, "web"));
  for (const other of [chosen(2, "web"), chosen(1, "books")]) {
    const both = other.filter((id) => chosen(1, "web").includes(id)).length;
    // Independent halves meet in a quarter: 100 of 400, deviation 8.7.
    assert(Math.abs(both - 100) < 45, `${both} in both`);
  }
});

Deno.test("more epochs never take a document away", () => {
  for (let i = 0; i < 500; i++) {
    const document = { seed: 3, source: "web", id: String(i) };
    let last = 0;
    for (let epochs = 0; epochs <= 3; epochs += 0.125) {
      const copies = documentCopies(epochs, document);
      assert(copies >= last);
      last = copies;
    }
  }
});

Deno.test("a stream is repeated without being held", async () => {
  async function* stream(): AsyncGenerator<Document> {
    yield { id: "a", text: "A" };
    yield { id: "b#0", text: "B", continues: true };
    yield { id: "b#1", text: "C" };
  }
  const mixed = async (epochs: number) => {
    const found: Document[] = [];
    const mixing = {
      epochs: new Map([["web", epochs]]),
      sourceOf: () => "web",
      seed: 1,
    };
    for await (const document of mixDocuments(stream(), mixing)) {
      found.push(document);
    }
    return found;
  };
  assertEquals(await mixed(0), []);
  assertEquals(await mixed(1), [
    { id: "a", text: "A" },
    { id: "b#0", text: "B", continues: true },
    { id: "b#1", text: "C" },
  ]);
  assertEquals(await mixed(2), [
    { id: "a", text: "A" },
    { id: "a~2", text: "A" },
    { id: "b#0", text: "B" },
    { id: "b#0~2", text: "B" },
    { id: "b#1", text: "C" },
    { id: "b#1~2", text: "C" },
  ]);
});

Deno.test("a mixture that cannot be is an error that says what to do", () => {
  const refused = (
    sources: readonly MixtureSource[],
    total: number | undefined,
    message: string,
  ) => assertThrows(() => planMixture(sources, total), InputError, message);
  const web = { name: "web", tokens: 100, weight: 1 };
  refused([], undefined, "there are none");
  refused([web, web], undefined, "another one has the same name");
  refused([{ ...web, epochs: 2 }], undefined, "a weight and epochs");
  refused([{ ...web, weight: -1 }], undefined, "its weight is -1");
  refused([{ ...web, weight: NaN }], undefined, "its weight is NaN");
  refused([{ name: "a", tokens: 1, epochs: -2 }], undefined, "epochs is -2");
  refused([{ ...web, tokens: 0 }], undefined, "it has no tokens");
  refused([{ ...web, weight: 0 }], undefined, "all weights are 0");
  refused([{ name: "a", tokens: 9 }], 100, "no source has a weight");
  refused([web, { name: "a", tokens: 90 }], 80, "give 90 already");
  refused([web], 0, "give a number above 0");
  refused([{ name: "a", tokens: 9, epochs: 0 }], undefined, "nothing is left");
});

Deno.test("the table of a mixture shows what repetition is worth", () => {
  const mixture = planMixture([
    { name: "web", tokens: 8000, weight: 1 },
    { name: "books", tokens: 1000, weight: 1 },
  ], 8000);
  assertEquals(mixtureLines(mixture), [
    "source  has  epochs  gives   share  worth",
    "web      8k     0.5     4k  50.0 %     4k",
    "books    1k       4     4k  50.0 %  3.73k",
    "all      9k             8k          7.73k",
  ]);
});
