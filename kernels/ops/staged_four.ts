import type { KernelSource } from "./kernel_source.ts";
import type { OperandPrecision } from "./operand_precision.ts";

/** How four operands lie in workgroup memory. */
export interface StagedFour {
  /** WGSL type that holds them. */
  readonly type: string;
  /** Bytes of it. */
  readonly bytes: number;
  /** WGSL functions: `pack_four(value)` and what `read` calls. */
  readonly functions: string;
  /** Features of WGSL that this takes. */
  readonly extensions: NonNullable<KernelSource["extensions"]>;
  /** WGSL that makes a `vec4<f32>` of a staged four. */
  read(staged: string): string;
}

/**
 * How operands of a precision are staged. Half as many bytes as f32 are half
 * the traffic of workgroup memory, and leave room for more workgroups.
 *
 * @param precision What they are rounded to.
 * @returns Pieces of WGSL.
 */
export function stagedFour(precision: OperandPrecision): StagedFour {
  switch (precision) {
    case "f32":
      return {
        type: "vec4<f32>",
        bytes: 16,
        functions: `
fn pack_four(value: vec4<f32>) -> vec4<f32> { return value; }`,
        extensions: [],
        read: (staged) => staged,
      };
    case "f16":
      // Finite numbers stay finite; infinities and NaN stay what they are.
      return {
        type: "vec4<f16>",
        bytes: 8,
        functions: `
fn pack_four(value: vec4<f32>) -> vec4<f16> {
  let finite = (bitcast<vec4<u32>>(value) & vec4(0x7fffffffu)) < vec4(0x7f800000u);
  return vec4<f16>(select(value, clamp(value, vec4(-65504.0), vec4(65504.0)), finite));
}`,
        extensions: ["f16"],
        read: (staged) => `vec4<f32>(${staged})`,
      };
    case "bf16":
      // To the nearest, ties to even; NaN keeps a bit of its payload, which
      // rounding could carry over into the exponent.
      return {
        type: "vec2<u32>",
        bytes: 8,
        functions: `
fn pack_four(value: vec4<f32>) -> vec2<u32> {
  let bits = bitcast<vec4<u32>>(value);
  let odd = (bits >> vec4(16u)) & vec4(1u);
  let nan = (bits & vec4(0x7fffffffu)) > vec4(0x7f800000u);
  let near = select(bits + vec4(0x7fffu) + odd, bits | vec4(0x400000u), nan);
  return (near.xz >> vec2(16u)) | (near.yw & vec2(0xffff0000u));
}
fn read_four(staged: vec2<u32>) -> vec4<f32> {
  let low = staged << vec2(16u);
  let high = staged & vec2(0xffff0000u);
  return bitcast<vec4<f32>>(vec4(low.x, high.x, low.y, high.y));
}`,
        extensions: [],
        read: (staged) => `read_four(${staged})`,
      };
  }
}
