/**
 * Tells whether a line ends as sentences do.
 *
 * @param line A line; blanks at its end do not matter.
 * @returns Whether its last character ends sentences in some script (Unicode's
 * property Sentence_Terminal): `.`, `!`, `?`, `。`, `؟`…
 */
export function endsSentence(line: string): boolean {
  // Two units hold the last character, whatever it is.
  return TERMINAL.test(line.trimEnd().slice(-2));
}

const TERMINAL = /\p{Sentence_Terminal}$/u;
