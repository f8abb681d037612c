import type { Document } from "../../document.ts";
import { InputError } from "../../input_error.ts";
import { quote } from "../../schema.ts";
import type { LabelledText } from "./labelled_text.ts";

/** How labels are read. */
export interface LabelOptions {
  /** Field that holds the label. */
  readonly field: string;
  /**
   * Least label of a good text; without it a label is 1 or 0, true or false.
   */
  readonly cut?: number;
  /** Is told how many documents have no label yet. */
  readonly onUnlabelled?: (count: number) => void;
}

/**
 * Takes the labels out of documents' metadata. One that is null is not given
 * yet, and the document is passed over.
 *
 * @param documents With their other fields as metadata.
 * @param options Which field, and what counts as good.
 * @returns Texts with labels.
 * @throws {InputError} If a document has no such field, its label is none, or
 * there is not a single one.
 */
export async function* readLabelled(
  documents: AsyncIterable<Document>,
  { field, cut, onUnlabelled }: LabelOptions,
): AsyncGenerator<LabelledText> {
  let labelled = 0;
  let unlabelled = 0;
  for await (const { id, text, metadata = {} } of documents) {
    const value = metadata[field];
    if (value === null) {
      onUnlabelled?.(++unlabelled);
      continue;
    }
    const number = typeof value === "boolean" ? Number(value) : value;
    const isLabel = typeof number === "number" && Number.isFinite(number) &&
      (cut !== undefined || number === 0 || number === 1);
    if (!isLabel) {
      throw new InputError(
        value === undefined
          ? `Cannot read the label of ${quote(id)}: it has no field ` +
            `${quote(field)}; its fields are ${
              quote(Object.keys(metadata).join(", "))
            }`
          : `Cannot read the label of ${quote(id)}: ${quote(field)} is ${
            quote(value)
          }; give 1 for good and 0 for others, or a score and what it has ` +
            "to reach",
      );
    }
    labelled++;
    yield { text, label: number >= (cut ?? 1) ? 1 : 0 };
  }
  if (labelled === 0) {
    throw new InputError(
      `Cannot read labels: all ${unlabelled} documents have null as ` +
        `${quote(field)}; label some`,
    );
  }
}
