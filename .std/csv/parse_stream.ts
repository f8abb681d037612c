import { nameFields, RecordReader } from "./record_reader.ts";
import type { ParseOptions, ParseResult } from "./parse.ts";

/** Options of {@linkcode CsvParseStream}. */
export type CsvParseStreamOptions = ParseOptions;

type Row<Options extends CsvParseStreamOptions | undefined> = Options extends
  CsvParseStreamOptions ? ParseResult<Options>[number]
  : string[];

/** Turns chunks of CSV text into rows. */
export class CsvParseStream<
  const Options extends CsvParseStreamOptions | undefined = undefined,
> extends TransformStream<string, Row<Options>> {
  /**
   * @param options Separator, names and so on.
   */
  constructor(options?: Options) {
    const settings: CsvParseStreamOptions = options ?? {};
    const reader = new RecordReader(settings);
    let names = settings.columns;
    let headSeen = !settings.skipFirstRow;
    let rest = "";
    let line = 0;
    const emit = (
      row: string[] | undefined,
      controller: TransformStreamDefaultController<Row<Options>>,
    ) => {
      if (row === undefined) return;
      line++;
      if (!headSeen) {
        headSeen = true;
        names ??= row;
        return;
      }
      const value = names ? nameFields(row, names, line) : row;
      controller.enqueue(value as Row<Options>);
    };
    super({
      transform(chunk, controller) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const text of lines) {
          emit(reader.push(text.replace(/\r$/, "")), controller);
        }
      },
      flush(controller) {
        if (rest !== "") {
          emit(reader.push(rest.replace(/\r$/, "")), controller);
        }
        emit(reader.end(), controller);
      },
    });
  }
}
