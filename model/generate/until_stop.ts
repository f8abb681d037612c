/**
 * Passes pieces of a text on until a stop text begins, which may span pieces.
 *
 * @param pieces The text as it is generated.
 * @param stops Texts that end it and are not passed on; none may be empty.
 * @returns The pieces, in other places cut where a stop text might begin.
 */
export async function* untilStop(
  pieces: AsyncIterable<string>,
  stops: readonly string[],
): AsyncGenerator<string, void, void> {
  let held = "";
  for await (const piece of pieces) {
    held += piece;
    const found = stops.map((stop) => held.indexOf(stop))
      .filter((index) => index >= 0);
    if (found.length > 0) {
      yield held.slice(0, Math.min(...found));
      return;
    }
    // What may be the beginning of a stop text is held back.
    const keep = Math.max(0, ...stops.map((stop) => overlap(held, stop)));
    yield held.slice(0, held.length - keep);
    held = held.slice(held.length - keep);
  }
  yield held;
}

/** Length of the longest end of a text that begins the stop text. */
function overlap(text: string, stop: string): number {
  let length = Math.min(text.length, stop.length - 1);
  while (length > 0 && !stop.startsWith(text.slice(text.length - length))) {
    length--;
  }
  return length;
}
