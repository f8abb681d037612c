import { InputError } from "../input_error.ts";
import type { DocumentEnds } from "./document_ends.ts";
import type { TokenReader } from "./token_reader.ts";

/**
 * Opens where the documents of a part end.
 *
 * @param source The part's tokens.
 * @param what What the part is, for the message.
 * @throws {InputError} If the part does not say where they end.
 */
export function documentEndsOf(
  source: TokenReader,
  what: string,
): DocumentEnds {
  const ends = source.documents?.() ?? null;
  if (ends !== null) return ends;
  throw new InputError(
    `Cannot tell the documents of the ${what}: its shards do not say where they end; prepare it again from text`,
  );
}
