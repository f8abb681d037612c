import { elementCount } from "./tensor.ts";
import {
  vectorElement,
  type VectorWidth,
  vectorWidth,
} from "./vector_width.ts";

/** Some neighbouring columns of a matrix, for kernels that index items. */
export interface ColumnGeometry {
  /** Rows. */
  readonly rows: number;
  /** Elements of a row of the matrix. */
  readonly pitch: number;
  /** Elements of a row that are in the columns. */
  readonly columns: number;
  /** Elements of an item. */
  readonly width: VectorWidth;
  /** WGSL type of an item. */
  readonly element: "f32" | "vec4<f32>";
  /** Items of a row that are in the columns. */
  readonly items: number;
  /** WGSL of where item `index` of the columns lies in the matrix, in items. */
  place(index: string): string;
}

/**
 * Describes columns of a matrix. All of them are one long column of items, so
 * that any width can be cut into blocks and read four elements at a time.
 *
 * @param shape Shape of the matrix, whose rows are its last dimension.
 * @param column The first column.
 * @param columns How many.
 */
export function columnGeometry(
  shape: readonly number[],
  column: number,
  columns: number,
): ColumnGeometry {
  const elements = elementCount(shape);
  const pitch = shape[shape.length - 1];
  if (columns === pitch) {
    const width = vectorWidth(elements);
    return {
      rows: elements / width,
      pitch: width,
      columns: width,
      width,
      element: vectorElement(width),
      items: 1,
      place: (index) => index,
    };
  }
  const width = vectorWidth(pitch, column, columns);
  const items = columns / width;
  return {
    rows: elements / pitch,
    pitch,
    columns,
    width,
    element: vectorElement(width),
    items,
    place: (index) =>
      `${index} / ${items}u * ${pitch / width}u + ${column / width}u + ` +
      `${index} % ${items}u`,
  };
}
