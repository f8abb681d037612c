import { Random } from "../data/random.ts";
import {
  createTensor,
  elementCount,
  type Tensor,
} from "../kernels/ops/tensor.ts";
import {
  packOf,
  type ParameterKind,
  type ParameterPack,
  type ParameterStorage,
  storedIn,
} from "./parameter_pack.ts";

/** How a parameter is initialised. */
export type Initializer =
  | { readonly kind: "normal"; readonly deviation: number }
  | { readonly kind: "ones" }
  | { readonly kind: "zeros" };

/** A named tensor as checkpoints know it. */
export interface ParameterPart {
  /** Hugging Face name. */
  readonly name: string;
  /** Shape in a checkpoint. */
  readonly shape: readonly number[];
}

/**
 * A trainable tensor of a family. Several checkpoint tensors may be stacked
 * along their rows into one, so that a single product computes them all: the
 * query, key and value projections, or gate and up.
 */
export interface ParameterSpec {
  /** Key by which the forward graph asks for it. */
  readonly key: string;
  /** What it is made of, in row order; one part where nothing is stacked. */
  readonly parts: readonly [ParameterPart, ...ParameterPart[]];
  /** Whether weight decay applies: to most matrices, not to vectors. */
  readonly decay: boolean;
  /**
   * Whether its parts are matrices between hidden states, which Muon updates
   * where it is chosen; tables, heads, norms and biases are not.
   *
   * @default {false}
   */
  readonly hidden?: boolean;
  /** Initial values. */
  readonly initial: Initializer;
}

/** A matrix that Muon updates, with what belongs to it. */
export interface MuonMatrix {
  /** Its name and shape, (rows, columns). */
  readonly part: ParameterPart;
  /** Whether weight decay applies. */
  readonly decay: boolean;
  /** The weights. */
  readonly weight: Tensor;
  /** The gradients' accumulator. */
  readonly gradient: Tensor;
  /** Means of gradients. */
  readonly momentum: Tensor;
}

/** Members start at multiples of this many elements: 256 bytes. */
const ALIGNMENT = 64;

/**
 * The parameters of a model, and where they lie: members of a few flat tensors,
 * so that the optimizer is a few launches whatever the number of parameters.
 * The one registry behind initialisation, optimizer groups, checkpoints and
 * gradients.
 *
 * @example
 * ```ts
 * import { ParameterSet } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const parameters = new ParameterSet([
 *   {
 *     key: "h.qkv",
 *     parts: [
 *       { name: "h.q.weight", shape: [8, 8] },
 *       { name: "h.k.weight", shape: [4, 8] },
 *       { name: "h.v.weight", shape: [4, 8] },
 *     ],
 *     decay: true,
 *     initial: { kind: "normal", deviation: 0.02 },
 *   },
 *   {
 *     key: "h.norm",
 *     parts: [{ name: "h.norm.weight", shape: [8] }],
 *     decay: false,
 *     initial: { kind: "ones" },
 *   },
 * ], 2 ** 28);
 * assertEquals(parameters.count, 16 * 8 + 8);
 * assertEquals(parameters.weight("h.qkv").shape, [16, 8]);
 * assertEquals(parameters.packs.map(({ decay }) => decay), [true, false]);
 * ```
 */
export class ParameterSet {
  /** The parameters in declaration order. */
  readonly specs: readonly ParameterSpec[];
  /** The flat tensors that hold them. */
  readonly packs: readonly ParameterPack[];
  readonly #places = new Map<
    string,
    { readonly pack: ParameterPack; readonly offset: number }
  >();
  readonly #tensors = new Map<string, Tensor>();

  /**
   * Lays the parameters out.
   *
   * @param specs What the model needs; keys are unique.
   * @param maxBufferSize Largest flat tensor, in bytes.
   * @param storage What is stored beside weights and gradients.
   */
  constructor(
    specs: readonly ParameterSpec[],
    maxBufferSize: number,
    { optimizer = "adamw", averaged = false }: ParameterStorage = {},
  ) {
    this.specs = specs;
    const most = Math.floor(maxBufferSize / 4 / ALIGNMENT) * ALIGNMENT;
    const packs: ParameterPack[] = [];
    const kinds = (["adamw", "muon"] as const)
      .flatMap((kind) => [true, false].map((decay) => ({ kind, decay })));
    for (const { kind, decay } of kinds) {
      const members = specs.filter((spec) =>
        spec.decay === decay && (spec.hidden ? optimizer : "adamw") === kind
      );
      if (kind === "muon") sortByShape(members);
      for (const group of groups(members, most)) {
        const pack = packOf(packs.length, group.elements, {
          optimizer: kind,
          decay,
          averaged,
        });
        packs.push(pack);
        for (const { key, offset } of group.members) {
          this.#places.set(key, { pack, offset });
        }
      }
    }
    this.packs = packs;
  }

  /** Number of trainable values; a shared tensor counts once. */
  get count(): number {
    return this.specs.reduce(
      (sum, spec) => sum + elementCount(shapeOf(spec)),
      0,
    );
  }

  /** Whether an average of the weights is kept. */
  get averaged(): boolean {
    return this.packs.some(({ average }) => average !== undefined);
  }

  /** Names of all checkpoint tensors, in declaration order. */
  get parts(): readonly ParameterPart[] {
    return this.specs.flatMap((spec) => spec.parts);
  }

  /** What a parameter's key stands for in the forward graph. */
  weight(key: string): Tensor {
    return this.tensor(key, "weight");
  }

  /**
   * The tensor of a parameter, a view into its pack.
   *
   * @throws {RangeError} if the family has no such key, or nothing of this kind
   * is stored for it.
   */
  tensor(key: string, kind: ParameterKind): Tensor {
    const name = `${key}.${kind}`;
    const found = this.#tensors.get(name);
    if (found) return found;
    const spec = this.specs.find((candidate) => candidate.key === key);
    const place = this.#places.get(key);
    if (!spec || !place) throw new RangeError(`No parameter "${key}"`);
    const base = storedIn(place.pack, kind);
    if (!base) throw new RangeError(`No ${kind} of parameter "${key}"`);
    const tensor = view(
      kind === "weight" ? key : name,
      shapeOf(spec),
      base,
      place.offset,
    );
    this.#tensors.set(name, tensor);
    return tensor;
  }

  /**
   * The tensors of a checkpoint: each part with the range that holds it; only
   * parts for which there is something of this kind.
   *
   * @param kind Weights, gradients, averages or moments.
   */
  *partTensors(
    kind: ParameterKind,
  ): Generator<{ readonly part: ParameterPart; readonly tensor: Tensor }> {
    for (const spec of this.specs) {
      const place = this.#places.get(spec.key);
      const base = place && storedIn(place.pack, kind);
      if (!base) continue;
      let { offset } = place;
      for (const part of spec.parts) {
        yield { part, tensor: view(part.name, part.shape, base, offset) };
        offset += elementCount(part.shape);
      }
    }
  }

  /** Every matrix that Muon updates: each part of a stack is one. */
  *muonMatrices(): Generator<MuonMatrix> {
    for (const { key, parts } of this.specs) {
      const place = this.#places.get(key);
      if (place?.pack.optimizer !== "muon") continue;
      const { decay, weight, gradient, momentum } = place.pack;
      let { offset } = place;
      for (const part of parts) {
        const of = (base: Tensor) => view(part.name, part.shape, base, offset);
        yield {
          part,
          decay,
          weight: of(weight),
          gradient: of(gradient),
          momentum: of(momentum),
        };
        offset += elementCount(part.shape);
      }
    }
  }

  /** Parameters and their gradient accumulators, for `differentiate`. */
  accumulators(): Map<Tensor, Tensor> {
    return new Map(
      this.specs.map(({ key }) => [
        this.weight(key),
        this.tensor(key, "gradient"),
      ]),
    );
  }

  /**
   * Initial values of every parameter. Each tensor draws from a stream of its
   * own, so the order of tensors, or how many there are, changes nothing.
   */
  *initialValues(
    seed: number,
  ): Generator<{ readonly tensor: Tensor; readonly values: Float32Array }> {
    const initial = new Map(
      this.specs.flatMap((spec) =>
        spec.parts.map((part) => [part.name, spec.initial] as const)
      ),
    );
    for (const { part, tensor } of this.partTensors("weight")) {
      const initializer = initial.get(part.name);
      const values = new Float32Array(elementCount(part.shape));
      if (initializer?.kind === "ones") values.fill(1);
      if (initializer?.kind === "normal") {
        const random = new Random(`${seed} ${part.name}`);
        for (let i = 0; i < values.length; i++) {
          values[i] = initializer.deviation * random.normal();
        }
      }
      yield { tensor, values };
    }
  }
}

/** Shape of stacked parts: the rows add up. */
function shapeOf({ parts }: ParameterSpec): readonly number[] {
  const [first] = parts;
  if (parts.length === 1) return first.shape;
  const rows = parts.reduce((sum, part) => sum + part.shape[0], 0);
  return [rows, ...first.shape.slice(1)];
}

/**
 * Puts parameters of matrices of one shape side by side: Muon works on many of
 * them in one launch where they lie equally far apart.
 */
function sortByShape(specs: ParameterSpec[]): void {
  const shapes = [...new Set(specs.map(({ parts }) => parts[0].shape.join()))];
  specs.sort((one, other) => {
    const [a, b] = [one, other]
      .map(({ parts }) => shapes.indexOf(parts[0].shape.join()));
    return a - b;
  });
}

function groups(
  specs: readonly ParameterSpec[],
  most: number,
): { members: { key: string; offset: number }[]; elements: number }[] {
  const found: ReturnType<typeof groups> = [];
  for (const spec of specs) {
    const count = elementCount(shapeOf(spec));
    const elements = Math.ceil(count / ALIGNMENT) * ALIGNMENT;
    let group = found.at(-1);
    if (!group || group.elements + elements > most) {
      group = { members: [], elements: 0 };
      found.push(group);
    }
    group.members.push({ key: spec.key, offset: group.elements });
    group.elements += elements;
  }
  return found;
}

function view(
  name: string,
  shape: readonly number[],
  base: Tensor,
  offset: number,
): Tensor {
  return createTensor({
    name,
    shape,
    dtype: "f32",
    role: base.role,
    view: { base, offset },
  });
}
