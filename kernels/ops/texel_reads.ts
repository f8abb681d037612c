import type { Capabilities } from "../runtime/capabilities.ts";
import {
  type BindingDeclaration,
  type BufferDeclaration,
  texelAddress,
  TEXELS_PER_ROW,
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

/**
 * Texels that are worth copying for a launch: from 128 KiB on, as a copy takes
 * its time however small, to 4 MiB, which still lie in a cache when they are
 * read. Copies of more go through memory, by one core, and take as long as loads
 * from buffers do.
 */
const [LEAST_TEXELS, MOST_TEXELS] = [2 ** 13, 2 ** 18];

/** Elements of a vec4. */
const LANES = 4;

/**
 * Lets a launch read what it binds from the operand texture. A software adapter
 * loads texels in vectors, but from buffers lane by lane behind a bounds check:
 * a plain copy and a texel together cost from about the same to a tenth of what
 * the load from a buffer does, depending on the processor.
 *
 * @param dispatch The launch as its op wrote it.
 * @param capabilities Limits of the adapter.
 * @returns The launch with `name[index]` turned into loads of texels wherever
 * its declarations allow; undefined where that leaves nothing to be gained.
 */
export function readThroughTexels(
  { kernel, bindings, workgroups }: Dispatch,
  { limits }: Capabilities,
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
    if (count === undefined) {
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
  const copied = copies.reduce((sum, { count }) => sum + count, 0);
  if (
    copied < LEAST_TEXELS || copied > MOST_TEXELS ||
    texels > limits.maxTextureDimension2D * TEXELS_PER_ROW
  ) return undefined;
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
