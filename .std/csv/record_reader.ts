/** Options that decide where fields and records end. */
export interface ReadOptions {
  /** Character between fields, a comma unless told. */
  separator?: string;
  /** Lines that begin with this character are skipped. */
  comment?: string;
  /** Drop white space before each field. */
  trimLeadingSpace?: boolean;
  /** Accept quotes in unquoted fields and lone quotes in quoted ones. */
  lazyQuotes?: boolean;
  /** Fields in a record: positive is exact, 0 is "as the first", else any. */
  fieldsPerRecord?: number;
}

/** Assembles CSV records from lines, without the line ends. */
export class RecordReader {
  readonly #options: ReadOptions;
  readonly #separator: string;
  #fieldCount: number | undefined;
  #fields: string[] = [];
  /** The quoted field that a line end interrupted, if any. */
  #open: string | undefined;
  #line = 0;
  #startLine = 0;

  constructor(options: ReadOptions) {
    const { separator = ",", comment, fieldsPerRecord = -1 } = options;
    const forbidden = ["\r", "\n", '"'];
    if (
      forbidden.includes(separator) || separator === comment ||
      (comment !== undefined && forbidden.includes(comment))
    ) {
      throw new Error("Cannot parse CSV: the separator is not usable");
    }
    this.#options = options;
    this.#separator = separator;
    if (fieldsPerRecord > 0) this.#fieldCount = fieldsPerRecord;
  }

  /**
   * Takes the next line.
   *
   * @returns The record that the line completes, if it does.
   */
  push(line: string): string[] | undefined {
    this.#line++;
    if (this.#open === undefined) {
      if (line === "") return undefined;
      const { comment } = this.#options;
      if (comment && line[0] === comment) return undefined;
      this.#fields = [];
      this.#startLine = this.#line;
      return this.#scan(line, 0);
    }
    this.#open += "\n";
    return this.#scanQuoted(line, 0);
  }

  /**
   * Ends the input.
   *
   * @returns A last record, where lazy quotes leave one open.
   */
  end(): string[] | undefined {
    if (this.#open === undefined) return undefined;
    if (!this.#options.lazyQuotes) this.#fail('missing " in quoted field', 0);
    this.#fields.push(this.#open);
    this.#open = undefined;
    return this.#finish();
  }

  #scan(line: string, from: number): string[] | undefined {
    let at = from;
    while (true) {
      if (this.#options.trimLeadingSpace) {
        while (at < line.length && /\s/.test(line[at])) at++;
      }
      if (line[at] === '"') {
        this.#open = "";
        return this.#scanQuoted(line, at + 1);
      }
      const end = line.indexOf(this.#separator, at);
      const field = line.slice(at, end < 0 ? undefined : end);
      if (!this.#options.lazyQuotes && field.includes('"')) {
        this.#fail('bare " in unquoted field', at + field.indexOf('"'));
      }
      this.#fields.push(field);
      if (end < 0) return this.#finish();
      at = end + this.#separator.length;
    }
  }

  #scanQuoted(line: string, from: number): string[] | undefined {
    let at = from;
    while (true) {
      const quote = line.indexOf('"', at);
      if (quote < 0) {
        this.#open += line.slice(at);
        return undefined;
      }
      this.#open += line.slice(at, quote);
      at = quote + 1;
      if (line[at] === '"') {
        this.#open += '"';
        at++;
      } else if (at === line.length || line.startsWith(this.#separator, at)) {
        this.#fields.push(this.#open ?? "");
        this.#open = undefined;
        return at === line.length
          ? this.#finish()
          : this.#scan(line, at + this.#separator.length);
      } else if (this.#options.lazyQuotes) {
        this.#open += '"';
      } else {
        this.#fail('extraneous " in quoted field', quote);
      }
    }
  }

  #finish(): string[] {
    const { fieldsPerRecord } = this.#options;
    if (fieldsPerRecord === 0) this.#fieldCount ??= this.#fields.length;
    if (
      this.#fieldCount !== undefined && this.#fields.length !== this.#fieldCount
    ) {
      throw new SyntaxError(
        `Syntax error on line ${this.#startLine}: expected ` +
          `${this.#fieldCount} fields but got ${this.#fields.length}`,
      );
    }
    return this.#fields;
  }

  #fail(what: string, column: number): never {
    throw new SyntaxError(
      `Syntax error on line ${this.#startLine}; parse error on line ` +
        `${this.#line}, column ${column + 1}: ${what}`,
    );
  }
}

/**
 * Names the fields of a record.
 *
 * @throws {Error} If the record has not as many fields as there are names.
 */
export function nameFields(
  record: readonly string[],
  names: readonly string[],
  line: number,
): Record<string, string> {
  if (record.length !== names.length) {
    throw new Error(
      `Syntax error on line ${line}: The record has ${record.length} fields, ` +
        `but the header has ${names.length} fields`,
    );
  }
  return Object.fromEntries(names.map((name, i) => [name, record[i]]));
}
