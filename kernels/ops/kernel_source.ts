import type { Capabilities } from "../runtime/capabilities.ts";

/** How WGSL sees the elements of a binding. */
export type BindingElement = "f32" | "u32" | "vec4<f32>" | "vec2<f32>";

/** A storage buffer that a kernel declares. */
export interface BufferDeclaration {
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
  /**
   * Whether its elements may be read from a copy made before the launch, as
   * adapters that load texels faster do. By default whatever is only read may;
   * `buffer` keeps it where it is because few of its elements are read, and
   * `old` says of a written one that every element is read before anyone
   * writes it.
   */
  readonly reads?: "buffer" | "old";
}

/**
 * The program's operand texture as a kernel declares it: texels of four f32,
 * addressed by their number through {@linkcode texelAddress}. Software adapters
 * load texels in vectors where they load from buffers lane by lane.
 */
export interface TexelDeclaration {
  /** Name of the WGSL variable, a `texture_storage_2d<rgba32float>`. */
  readonly name: string;
  /** What the kernel does with it; one launch cannot do both. */
  readonly texels: "read" | "write";
}

/** Something that a kernel binds. */
export type BindingDeclaration = BufferDeclaration | TexelDeclaration;

/** How a binding is declared once memory is planned. */
export type AccessMode = "read" | "read_write" | "texel_read" | "texel_write";

/** Texels in a row of the operand texture; legal on every adapter. */
export const TEXELS_PER_ROW = 2048;

/** Bytes of a texel of four f32. */
export const BYTES_PER_TEXEL = 16;

/** Texels in as many whole rows of the operand texture as these take. */
export function wholeTexelRows(texels: number): number {
  return Math.ceil(texels / TEXELS_PER_ROW) * TEXELS_PER_ROW;
}

/**
 * WGSL coordinates of the texel with the number that an expression gives.
 *
 * @example
 * ```ts
 * import { texelAddress } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const load = `textureLoad(operand, ${texelAddress("index")})`;
 * assertEquals(
 *   load,
 *   "textureLoad(operand, vec2<u32>((index) & 2047u, (index) >> 11u))",
 * );
 * ```
 */
export function texelAddress(index: string): string {
  const bits = Math.log2(TEXELS_PER_ROW);
  return `vec2<u32>((${index}) & ${
    TEXELS_PER_ROW - 1
  }u, (${index}) >> ${bits}u)`;
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
  /** What it binds, in binding order; at most eight buffers. */
  readonly bindings: readonly BindingDeclaration[];
  /** WGSL with an entry point `main`. */
  readonly body: string;
  /**
   * Elements that all workgroups read and write together, where several read
   * the same ones; absent where each bound element is touched once.
   */
  readonly traffic?: number;
  /** Features of WGSL that it uses; the adapter must have them. */
  readonly extensions?: readonly ("f16" | "subgroups")[];
}

/**
 * The whole WGSL module of a kernel, given the access mode of each binding.
 * Extensions are declared in the words that the adapter's compiler knows.
 */
export function moduleText(
  kernel: KernelSource,
  access: readonly AccessMode[],
  { subgroupDirective }: Pick<Capabilities, "subgroupDirective">,
): string {
  const directives = (kernel.extensions ?? [])
    .filter((name) => name !== "subgroups" || subgroupDirective)
    .map((name) => `enable ${name};`);
  const declarations = kernel.bindings.map((binding, index) =>
    `@group(0) @binding(${index}) ` +
    ("texels" in binding
      ? `var ${binding.name}: texture_storage_2d<rgba32float, ${binding.texels}>;`
      : `var<storage, ${
        access[index]
      }> ${binding.name}: array<${binding.element}>;`)
  );
  return [...directives, ...declarations, kernel.body].join("\n");
}
