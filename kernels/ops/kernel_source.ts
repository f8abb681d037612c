/** How WGSL sees the elements of a binding. */
export type BindingElement = "f32" | "u32" | "vec4<f32>" | "vec2<f32>";

/** One storage buffer that a kernel declares. */
export interface BindingDeclaration {
  /** Name of the WGSL variable, an `array<element>`. */
  readonly name: string;
  /** Element type in WGSL. */
  readonly element: BindingElement;
  /**
   * What the kernel does with it. A `read` binding may still be declared
   * `read_write` when the planner had to place it in the same buffer as a
   * written one, because WebGPU refuses both uses of one buffer in a dispatch.
   */
  readonly access: "read" | "write";
}

/**
 * A compute kernel as text: everything but the declarations of its storage
 * buffers, whose access modes are known only once memory is planned.
 *
 * Shapes are written into the body as constants: a program's shapes are fixed,
 * and a compiler that knows the trip counts unrolls and drops bounds.
 */
export interface KernelSource {
  /** Name for profiles and messages, such as `matmul_nt_8x8`. */
  readonly name: string;
  /** Storage buffers in binding order, at most eight. */
  readonly bindings: readonly BindingDeclaration[];
  /** WGSL with an entry point `main`. */
  readonly body: string;
}

/** The whole WGSL module of a kernel, given the access mode of each binding. */
export function moduleText(
  kernel: KernelSource,
  access: readonly ("read" | "read_write")[],
): string {
  const declarations = kernel.bindings.map((binding, index) =>
    `@group(0) @binding(${index}) var<storage, ${access[index]}> ` +
    `${binding.name}: array<${binding.element}>;`
  );
  return [...declarations, kernel.body].join("\n");
}
