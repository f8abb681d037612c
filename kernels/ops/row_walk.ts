import type { KernelSource } from "./kernel_source.ts";
import { linearMain } from "./launch.ts";
import { vectorElement, type VectorWidth } from "./vector_width.ts";
import { workgroupTotal } from "./workgroup_total.ts";

/** The rows that a kernel is bound to. */
export interface RowShape {
  /** Number of rows. */
  readonly rows: number;
  /** Items of `width` elements in a row. */
  readonly items: number;
  /** Elements an item. */
  readonly width: VectorWidth;
}

/**
 * How a row is spread over invocations: one row to an invocation, which needs
 * no barrier, or one row to a workgroup of so many, whose reads coalesce.
 */
export interface RowVariant {
  /** Name for the tuner. */
  readonly name: string;
  /** Invocations that share a row. */
  readonly threads: number;
  /** Whether their subgroups add up first. */
  readonly subgroups: boolean;
}

/** How a variant walks over a row, as pieces of WGSL. */
export interface RowWalk {
  /** Features of WGSL that the pieces use. */
  readonly extensions: NonNullable<KernelSource["extensions"]>;
  /** The entry point around a body that sees `row`, `base` and `local`. */
  main(body: string): string;
  /** Values of the row that are used more than once. */
  values(read: string): RowValues;
  /** Statements for each `column` of the row. */
  column(statements: string): string;
  /** The sum of an f32 over the invocations that share the row. */
  total(value: string): string;
  /** A statement that only one invocation of the row runs. */
  once(statement: string): string;
}

/** Values of a row, kept in registers where there is room for them. */
export interface RowValues {
  /** Statements that read them. */
  readonly load: string;
  /** A statement for each value, at its `column`. */
  each(statement: (value: string) => string): string;
}

/**
 * Templates for kernels that reduce the rows of a matrix.
 *
 * @param shape Rows that the kernel is bound to.
 * @param variant How to spread a row.
 * @returns Pieces of WGSL, to be put together into a kernel.
 */
export function rowWalk(shape: RowShape, variant: RowVariant): RowWalk {
  return variant.threads === 1 ? alone(shape) : together(shape, variant);
}

function alone({ rows, items }: RowShape): RowWalk {
  const column = (statements: string) =>
    `for (var column = 0u; column < ${items}u; column++) { ${statements} }`;
  return {
    extensions: [],
    main: (body) =>
      linearMain(rows, `let row = index; let base = row * ${items}u; ${body}`),
    // A row does not fit into one invocation's registers: it is read again.
    values: (read) => ({
      load: "",
      each: (statement) => column(`let value = ${read}; ${statement("value")}`),
    }),
    column,
    total: (value) => value,
    once: (statement) => statement,
  };
}

function together(
  { rows, items, width }: RowShape,
  { threads, subgroups }: RowVariant,
): RowWalk {
  const steps = Math.ceil(items / threads);
  const step = (index: number, statements: string) => {
    const guard = (index + 1) * threads > items
      ? `if (local + ${index * threads}u < ${items}u) `
      : "";
    return `${guard}{ let column = local + ${
      index * threads
    }u; ${statements} }`;
  };
  const unrolled = (statements: (index: number) => string) =>
    Array.from({ length: steps }, (_, index) => step(index, statements(index)))
      .join("\n");
  return {
    extensions: subgroups ? ["subgroups"] : [],
    main: (body) =>
      `${workgroupTotal({ threads, element: "f32", subgroups })}
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let row = group.y * groups.x + group.x;
  if (row >= ${rows}u) { return; }
  let base = row * ${items}u;
  ${body}
}`,
    values: (read) => ({
      load: Array.from({ length: steps }, (_, index) => {
        const declaration = `var value${index} = ${vectorElement(width)}(0.0);`;
        return `${declaration} ${step(index, `value${index} = ${read};`)}`;
      }).join("\n"),
      each: (statement) => unrolled((index) => statement(`value${index}`)),
    }),
    column: (statements) => unrolled(() => statements),
    total: (value) => `group_total(local, ${value})`,
    once: (statement) => `if (local == 0u) { ${statement} }`,
  };
}
