type PropertyAccessor = number | string;

/** A column with a header of its own. */
export type ColumnDetails = {
  /** The header; the last accessor unless told. */
  header?: string;
  /** The property, or the way down to it. */
  prop: PropertyAccessor | readonly PropertyAccessor[];
};

/** A column: a property, the way to a nested one, or both with a header. */
export type Column =
  | ColumnDetails
  | PropertyAccessor
  | readonly PropertyAccessor[];

/** One row: an object or an array. */
export type DataItem = Readonly<Record<string, unknown> | unknown[]>;

/** Options of {@linkcode stringify}. */
export type StringifyOptions = {
  /** Whether the first row is the header; true unless told. */
  headers?: boolean;
  /** Character between fields, a comma unless told. */
  separator?: string;
  /** The columns in order; needed for objects. */
  columns?: readonly Column[];
  /** Begin with a byte-order mark. */
  bom?: boolean;
};

interface Field {
  readonly header: string;
  readonly path: readonly PropertyAccessor[];
}

function toField(column: Column): Field {
  if (typeof column !== "object") {
    return { header: String(column), path: [column] };
  }
  if (!("prop" in column)) {
    return { header: String(column[column.length - 1]), path: column };
  }
  const path = typeof column.prop === "object" ? column.prop : [column.prop];
  return { header: column.header ?? String(path[path.length - 1]), path };
}

function valueAt(item: DataItem, path: readonly PropertyAccessor[]): unknown {
  let value: unknown = item;
  for (const key of path) {
    if (typeof value !== "object" || value === null) continue;
    if (Array.isArray(value) && typeof key !== "number") {
      throw new TypeError('Property accessor is not of type "number"');
    }
    value = (value as Record<PropertyAccessor, unknown>)[key];
  }
  return value;
}

function quote(value: unknown, separator: string): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "object"
    ? JSON.stringify(value)
    : String(value);
  const special = [separator, "\n", '"'].some((part) => text.includes(part));
  return special ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Writes rows as CSV, each ended by `\r\n`.
 *
 * @param data The rows.
 * @param options Columns, separator and so on.
 * @returns The CSV text.
 * @throws {TypeError} If rows are objects and no columns are given.
 */
export function stringify(
  data: readonly DataItem[],
  options: StringifyOptions = {},
): string {
  const { headers = true, separator = ",", columns = [], bom = false } =
    options;
  if (separator.includes('"') || separator.includes("\r\n")) {
    throw new TypeError(
      `Separator cannot include a quotation mark or a line end: ${
        JSON.stringify(separator)
      }`,
    );
  }
  const fields = columns.map(toField);
  const rows: unknown[][] = data.map((item) => {
    if (fields.length > 0) return fields.map(({ path }) => valueAt(item, path));
    if (Array.isArray(item)) return item;
    throw new TypeError(
      "No property accessor function was provided for object",
    );
  });
  if (headers && fields.length > 0) {
    rows.unshift(fields.map(({ header }) => header));
  }
  const lines = rows.map((row) =>
    row.map((value) => quote(value, separator)).join(separator) + "\r\n"
  );
  return (bom ? "\ufeff" : "") + lines.join("");
}
