import type { Capabilities } from "../runtime/capabilities.ts";
import {
  type BindingDeclaration,
  type BufferDeclaration,
  BYTES_PER_TEXEL,
  texelAddress,
  wholeTexelRows,
} from "./kernel_source.ts";
import type { Binding, Dispatch, TensorBinding, TexelCopy } from "./op_spec.ts";
import { elementCount } from "./tensor.ts";

/** A launch that reads its operands from the operand texture. */
export interface TexelLaunch {
  /** The launch. */
  readonly dispatch: Dispatch;
  /** Copies to make before it. */
  readonly copies: readonly TexelCopy[];
  /** Texels that it uses, those of its own included. */
  readonly texels: number;
}

/** Where operands are read: a choice that the tuner makes for an adapter. */
export interface ReadVariant {
  /** `texels` or `buffers`. */
  readonly name: "texels" | "buffers";
}

/** The ways to read that an adapter allows, the likeliest to be fast first. */
export function readVariants(
  { software, texelReads }: Capabilities,
): readonly [ReadVariant, ...ReadVariant[]] {
  const buffers: ReadVariant = { name: "buffers" };
  return software && texelReads ? [{ name: "texels" }, buffers] : [buffers];
}

/** Texels of one launch: 64 MiB, as many as the largest tensors of logits. */
const MOST_TEXELS = 2 ** 22;

/**
 * Limits by which launches over tensors of any size are cut, so that all that
 * one reads fits the operand texture on adapters that may read from there.
 *
 * @param capabilities The adapter.
 * @param operands Operands of equal length that a launch reads.
 * @returns The same, with a smaller binding limit where that is needed.
 */
export function withinTexels(
  capabilities: Capabilities,
  operands: number,
): Capabilities {
  if (readVariants(capabilities)[0].name === "buffers") return capabilities;
  const { limits } = capabilities;
  // Each operand starts a row of the texture; small ones need room besides.
  const texels = MOST_TEXELS / (operands + 1);
  return {
    ...capabilities,
    limits: {
      ...limits,
      maxStorageBufferBindingSize: Math.min(
        limits.maxStorageBufferBindingSize,
        texels * BYTES_PER_TEXEL,
      ),
    },
  };
}

/** Elements of a vec4. */
const LANES = 4;

/**
 * Lets a launch read what it binds from the operand texture. A software adapter
 * loads texels in vectors, but from buffers lane by lane behind a bounds check:
 * a plain copy and a texel together cost from about the same to a tenth of what
 * the load from a buffer does, depending on the processor.
 *
 * @param dispatch The launch as its op wrote it.
 * @returns The launch with `name[index]` turned into loads of texels wherever
 * its declarations allow; undefined where that leaves nothing to be gained.
 */
export function readThroughTexels(
  { kernel, bindings, workgroups }: Dispatch,
): TexelLaunch | undefined {
  const own = kernel.bindings.findIndex((declared) => "texels" in declared);
  const texture = kernel.bindings[own];
  if (texture && "texels" in texture && texture.texels === "write") {
    return undefined;
  }
  const used = bindings[own];
  let texels = used && "texels" in used ? used.texels : 0;
  const operands = texture?.name ?? "operands";
  const copies: TexelCopy[] = [];
  const declarations: BindingDeclaration[] = [];
  const bound: Binding[] = [];
  const functions: string[] = [];
  let { body } = kernel;
  kernel.bindings.forEach((declared, index) => {
    const binding = bindings[index];
    const count = "texels" in declared || "texels" in binding
      ? undefined
      : texelCount(declared, binding);
    const first = wholeTexelRows(texels);
    if (count === undefined || first + count > MOST_TEXELS) {
      declarations.push(declared);
      bound.push(binding);
      return;
    }
    const { name, element, access } = declared as BufferDeclaration;
    const rewritten = replaceReads(body, name, `texel_of_${name}`);
    if (rewritten === body || access === "write") {
      declarations.push(declared);
      bound.push(binding);
    }
    if (rewritten === body) return;
    body = rewritten;
    functions.push(loadFunction(name, element, operands, first));
    copies.push({
      binding: binding as TensorBinding,
      source: 0,
      first,
      count,
    });
    texels = first + count;
  });
  if (copies.length === 0) return undefined;
  if (!texture) {
    declarations.push({ name: operands, texels: "read" });
    bound.push({ texels });
  }
  return {
    dispatch: {
      kernel: {
        ...kernel,
        bindings: declarations,
        body: [...functions, body].join("\n"),
      },
      bindings: bound.map((binding) =>
        "texels" in binding ? { texels } : binding
      ),
      workgroups,
    },
    copies,
    texels,
  };
}

/** Texels that a binding takes, or undefined where it has to stay. */
function texelCount(
  { element, access, reads }: BufferDeclaration,
  { tensor, offset = 0, length }: TensorBinding,
): number | undefined {
  const wanted = access === "read" ? reads !== "buffer" : reads === "old";
  if (!wanted || element === "u32") return undefined;
  // What lies behind the last element belongs to the same allocation, which
  // ends on a multiple of the alignment.
  return Math.ceil((length ?? elementCount(tensor.shape) - offset) / LANES);
}

function loadFunction(
  name: string,
  element: BufferDeclaration["element"],
  operands: string,
  first: number,
): string {
  const load = (texel: string) =>
    `textureLoad(${operands}, ${texelAddress(`${first}u + ${texel}`)})`;
  const value = element === "vec4<f32>"
    ? `return ${load("index")};`
    : element === "vec2<f32>"
    ? `let texel = ${load("index / 2u")};
  return select(texel.xy, texel.zw, index % 2u == 1u);`
    : `return ${load("index / 4u")}[index % 4u];`;
  return `fn texel_of_${name}(index: u32) -> ${element} {
  ${value}
}`;
}

/** Turns `name[index]` into a call wherever it is not assigned to. */
function replaceReads(body: string, name: string, call: string): string {
  const start = new RegExp(`\\b${name}\\[`, "g");
  let result = "";
  let at = 0;
  for (let found = start.exec(body); found; found = start.exec(body)) {
    const open = found.index + name.length;
    const close = closingBracket(body, open);
    if (/^\s*([-+*/]?=)(?!=)/.test(body.slice(close + 1))) continue;
    const inner = replaceReads(body.slice(open + 1, close), name, call);
    result += `${body.slice(at, found.index)}${call}(${inner})`;
    at = close + 1;
    start.lastIndex = at;
  }
  return result + body.slice(at);
}

/** Where the bracket that opens at `open` closes. */
function closingBracket(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "[") depth++;
    if (text[at] === "]" && --depth === 0) return at;
  }
  throw new RangeError(
    `Cannot find the end of "${text.slice(open, open + 40)}"`,
  );
}
