import type { Document } from "../../document.ts";

/** A letter or number, and after it something that is neither. */
const SAFE_CUT = /[\p{L}\p{N}](?=[^\p{L}\p{N}])/gu;
/** Where to look for a cut first, in characters from the end. */
const NEAR_END = 4096;
/** What is carried on to the next text at most. */
const MAX_CARRIED = 1 << 20;

/**
 * Makes texts that can be split one by one. Where a document goes on in the
 * next one, its end is moved there from the last place that every split cuts
 * at: after a letter or number that neither follows. A pre-token of more than
 * a million characters that is spread over several texts may be cut.
 *
 * @param documents Documents, and pieces of large ones.
 * @returns Their text in order.
 */
export async function* wholePieces(
  documents: AsyncIterable<Document> | Iterable<Document>,
): AsyncGenerator<string> {
  let carried = "";
  for await (const { text, continues } of documents) {
    const whole = carried + text;
    carried = "";
    if (!continues) {
      yield whole;
      continue;
    }
    const cut = safeCut(whole);
    const kept = whole.length - cut > MAX_CARRIED ? whole.length : cut;
    if (kept > 0) yield whole.slice(0, kept);
    carried = whole.slice(kept);
  }
  if (carried !== "") yield carried;
}

/** The last place where every split cuts, or 0. */
function safeCut(text: string): number {
  for (const start of [Math.max(0, text.length - NEAR_END), 0]) {
    let last = 0;
    SAFE_CUT.lastIndex = start;
    for (;;) {
      const match = SAFE_CUT.exec(text);
      if (match === null) break;
      last = SAFE_CUT.lastIndex;
    }
    if (last > 0) return last;
  }
  return 0;
}
