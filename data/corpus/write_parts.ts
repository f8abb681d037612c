import { join } from "@std/path";
import { InputError } from "../input_error.ts";
import { utf8Length } from "../utf8_length.ts";
import type { EncodedDocument } from "./encode_documents.ts";
import {
  type PartOptions,
  PartWriter,
  type WrittenPart,
} from "./part_writer.ts";
import { PendingDocuments, type TextPiece } from "./pending_documents.ts";
import {
  cutNear,
  splitPosition,
  validationThreshold,
} from "./validation_split.ts";

/** Fewer documents are split by their tail. */
const MIN_DOCUMENTS = 20;
/** Text after which documents are split one by one as they come. */
const ENOUGH_BYTES = 1024 * 1024;

/** Options of {@linkcode writeParts}. */
export interface WritePartsOptions extends PartOptions {
  /** An empty folder; takes `train` and `validation`. */
  readonly folder: string;
  /** Share for validation, 0 … 1. */
  readonly fraction: number;
  /** Is told the number of tokens so far after each document. */
  readonly onTokens?: (tokens: number) => void;
}

/** Both parts of a corpus as written. */
export interface WrittenParts {
  readonly train: WrittenPart;
  readonly validation: WrittenPart | null;
  readonly split: "documents" | "tail" | "none";
}

/**
 * Splits documents into a training and a validation part and writes both as
 * token files.
 *
 * @param documents The documents; bounded memory whatever their number.
 * @param options How to split and where to write.
 * @returns What was written.
 * @throws {InputError} If there is no document.
 */
export async function writeParts(
  documents: AsyncIterable<EncodedDocument>,
  options: WritePartsOptions,
): Promise<WrittenParts> {
  const { folder, fraction } = options;
  const train = new PartWriter(join(folder, "train"), options);
  // Bits per byte need the text alone: it is never padded.
  const validation = fraction === 0
    ? null
    : new PartWriter(join(folder, "validation"), {
      ...options,
      packing: undefined,
    });
  const onDocument = (): void =>
    options.onTokens?.(train.tokens + (validation?.tokens ?? 0));
  try {
    const split = validation === null
      ? await keepAll(documents, train, onDocument)
      : await splitAll(documents, options, train, validation, onDocument);
    return {
      train: await train.finish(),
      validation: validation === null ? null : await validation.finish(),
      split,
    };
  } catch (error) {
    await train.abort();
    await validation?.abort();
    throw error;
  }
}

async function keepAll(
  documents: AsyncIterable<EncodedDocument>,
  train: PartWriter,
  onDocument: () => void,
): Promise<"none"> {
  await addAll(documents, () => train, onDocument);
  if (train.tokens === 0) throw nothingGiven();
  return "none";
}

async function splitAll(
  documents: AsyncIterable<EncodedDocument>,
  options: WritePartsOptions,
  train: PartWriter,
  validation: PartWriter,
  onDocument: () => void,
): Promise<"documents" | "tail"> {
  const { seed, fraction } = options;
  const path = join(options.folder, ".pending");
  const pending = new PendingDocuments(path, seed);
  const iterator = documents[Symbol.asyncIterator]();
  try {
    const enough = (): boolean =>
      pending.documents.length >= MIN_DOCUMENTS &&
      pending.bytes >= ENOUGH_BYTES;
    let more = true;
    let whole = true;
    while (!(whole && enough())) {
      const next = await iterator.next();
      if (next.done) {
        more = false;
        break;
      }
      await pending.add(next.value);
      whole = next.value.continues !== true;
    }
    if (pending.documents.length === 0) throw nothingGiven();
    const known = pending.documents;
    const threshold = known.length < MIN_DOCUMENTS
      ? null
      : validationThreshold(known, fraction, !more);
    if (threshold === null) {
      const wanted = pending.bytes - Math.round(pending.bytes * fraction);
      await splitTail(pending, wanted, train, validation);
      onDocument();
      return "tail";
    }
    const partFor = (position: number): PartWriter =>
      position <= threshold ? validation : train;
    for await (const piece of pending.replay()) {
      await addPiece(partFor(known[piece.document].position), piece);
      onDocument();
    }
    if (more) {
      const rest = { [Symbol.asyncIterator]: () => iterator };
      const choose = (text: string): PartWriter =>
        partFor(splitPosition(text, seed));
      await addAll(rest, choose, onDocument);
    }
    return "documents";
  } finally {
    pending.close();
    await Deno.remove(path);
    await iterator.return?.();
  }
}

/** Adds documents as they come, each whole to the part chosen by its start. */
async function addAll(
  documents: AsyncIterable<EncodedDocument>,
  choose: (text: string) => PartWriter,
  onDocument: () => void,
): Promise<void> {
  let part: PartWriter | null = null;
  let goesOn = false;
  for await (const { text, tokens, continues = false } of documents) {
    if (!goesOn || part === null) part = choose(text);
    await part.add(text, utf8Length(text), !goesOn, !continues, tokens);
    goesOn = continues;
    onDocument();
  }
}

/** Everything before the place wanted trains, the rest validates. */
async function splitTail(
  pending: PendingDocuments,
  wanted: number,
  train: PartWriter,
  validation: PartWriter,
): Promise<void> {
  let at = 0;
  for await (const piece of pending.replay()) {
    const { bytes } = piece;
    const inside = wanted - at;
    at += bytes.length;
    const cut = inside <= 0
      ? 0
      : inside >= bytes.length
      ? bytes.length
      : cutNear(bytes, inside);
    const head = { ...piece, bytes: bytes.subarray(0, cut) };
    const tail = { ...piece, bytes: bytes.subarray(cut) };
    if (cut === 0) await addPiece(validation, tail);
    else if (cut === bytes.length) await addPiece(train, head);
    else {
      await addPiece(train, { ...head, endsDocument: false });
      await addPiece(validation, { ...tail, startsDocument: false });
    }
  }
}

async function addPiece(part: PartWriter, piece: TextPiece): Promise<void> {
  const { bytes, startsDocument, endsDocument } = piece;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  await part.add(text, bytes.length, startsDocument, endsDocument);
}

function nothingGiven(): InputError {
  return new InputError(
    "Cannot prepare a corpus: no document was given; check the data",
  );
}
