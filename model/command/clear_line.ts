/** Takes the terminal's cursor to the line's first column and wipes the line. */
export const CLEAR_LINE = "\r\x1b[K";
