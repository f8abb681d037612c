import type { Document } from "../../../data/document.ts";
import { defaultsOf } from "../../../data/schema.ts";
import type { StepDefinition } from "../../../data/curate/step_definition.ts";
import { withFolder } from "../with_folder.ts";

/** What a corpus step did. */
export interface CorpusOutcome {
  readonly kept: readonly Document[];
  /** Identifier and reason of each document dropped, in order. */
  readonly dropped: readonly (readonly [id: string, reason: string])[];
  readonly notes: readonly string[];
}

/**
 * Runs a corpus step over documents.
 *
 * @param definition The step.
 * @param documents Come in.
 * @param options Those that are not the defaults.
 * @returns What came out.
 */
export async function runCorpusStep<Options>(
  definition: StepDefinition<Options>,
  documents: Iterable<Document>,
  options: Partial<Options> = {},
): Promise<CorpusOutcome> {
  const step = await definition.make({
    ...defaultsOf(definition.options),
    ...options,
  });
  if (step.kind !== "corpus") throw new Error(`'${step.name}' is no such step`);
  const kept: Document[] = [];
  const dropped: [string, string][] = [];
  const notes: string[] = [];
  await withFolder(async (folder) => {
    const incoming = async function* (): AsyncGenerator<Document> {
      yield* documents;
    };
    const context = {
      folder,
      seed: 1,
      drop: ({ id }: Document, reason: string) => {
        dropped.push([id, reason]);
      },
      progress: (note: string) => {
        notes.push(note);
      },
    };
    for await (const document of step.run(incoming(), context)) {
      kept.push(document);
    }
  });
  return { kept, dropped, notes };
}
