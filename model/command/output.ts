/**
 * Where a command says what happened. People read stdout; with `--json`
 * machines do, and everything meant for people goes to stderr.
 */
export class Output {
  /** Whether stdout carries JSON lines. */
  readonly json: boolean;
  /** Whether to say more than usual. */
  readonly verbose: boolean;
  /** Whether stderr is a terminal on which a progress line may be redrawn. */
  readonly isTerminal: boolean;
  /** Whether colour may be used on stderr (https://no-color.org). */
  readonly color: boolean;

  /**
   * Sets the streams up by the options that every command has.
   *
   * @param options `json` and `verbose` as given on the command line.
   */
  constructor(options: { readonly json: boolean; readonly verbose: boolean }) {
    this.json = options.json;
    this.verbose = options.verbose;
    this.isTerminal = Deno.stderr.isTerminal();
    this.color = this.isTerminal && !Deno.noColor;
  }

  /**
   * Writes a line for people: on stdout, or on stderr with `--json`.
   *
   * @param text The line without its line end.
   */
  line(text = ""): void {
    this.write(text + "\n");
  }

  /**
   * Writes text for people as it is, for streams of tokens.
   *
   * @param text The text.
   */
  write(text: string): void {
    writeAll(this.json ? Deno.stderr : Deno.stdout, text);
  }

  /**
   * Writes a line about the work itself to stderr: progress, warnings.
   *
   * @param text The line without its line end.
   */
  note(text: string): void {
    this.writeNote(text + "\n");
  }

  /**
   * Writes text to stderr as it is, for a progress line that is redrawn.
   *
   * @param text The text.
   */
  writeNote(text: string): void {
    writeAll(Deno.stderr, text);
  }

  /**
   * Writes an object as one line of JSON on stdout; nothing without `--json`.
   *
   * @param value What JSON can hold.
   */
  object(value: Readonly<Record<string, unknown>>): void {
    if (this.json) writeAll(Deno.stdout, JSON.stringify(value) + "\n");
  }
}

/** Writes all of a text, which one call of the system may not do. */
function writeAll(
  stream: { writeSync(bytes: Uint8Array): number },
  text: string,
) {
  let bytes: Uint8Array = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
}
