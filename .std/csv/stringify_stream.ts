import { stringify } from "./stringify.ts";

/** Options of {@linkcode CsvStringifyStream}. */
export interface CsvStringifyStreamOptions {
  /** Character between fields, a comma unless told. */
  readonly separator?: string;
  /** Names of the columns; needed for objects. */
  readonly columns?: string[];
}

/** Turns rows into CSV text, a header first where there are columns. */
export class CsvStringifyStream<Options extends CsvStringifyStreamOptions>
  extends TransformStream<
    Options["columns"] extends string[] ? Record<string, unknown>
      : unknown[],
    string
  > {
  /**
   * @param options Columns and separator.
   */
  constructor(options?: Options) {
    const { separator, columns = [] }: CsvStringifyStreamOptions = options ??
      {};
    super({
      start(controller) {
        if (columns.length === 0) return;
        controller.enqueue(stringify([columns], { separator, headers: false }));
      },
      transform(row, controller) {
        controller.enqueue(
          stringify([row], { separator, headers: false, columns }),
        );
      },
    });
  }
}
