import type { Node } from "../ops/op_spec.ts";
import {
  byteLength,
  isPersistent,
  storageOf,
  type Tensor,
} from "../ops/tensor.ts";

/** Storage decisions for one graph, before offsets are known. */
export interface StoragePlan {
  /** The nodes that contribute to something kept, in order. */
  readonly nodes: readonly Node[];
  /** Nodes whose result takes over the storage of a dead operand. */
  readonly inPlace: ReadonlySet<Node>;
  /** The tensor whose storage a tensor finally lies in, and where in it. */
  resolve(tensor: Tensor): { readonly root: Tensor; readonly offset: number };
  /** First and last node that touch each temporary storage. */
  readonly lifetimes: ReadonlyMap<Tensor, Lifetime>;
}

/** Indices of the first and the last node that touch a storage. */
export interface Lifetime {
  /** Index of the node that writes it first. */
  readonly from: number;
  /** Index of the last node that touches it. */
  readonly to: number;
}

/**
 * Decides which nodes run, which results take over the storage of operands that
 * die there, and how long each temporary lives.
 *
 * @param graph Nodes in order.
 * @param keep Temporaries that stay readable after the pass.
 * @throws {Error} if a node reads a value that an earlier node overwrote.
 */
export function planStorage(
  graph: readonly Node[],
  keep: ReadonlySet<Tensor>,
): StoragePlan {
  const nodes = liveNodes(graph, keep);
  checkOverwrites(nodes);
  const lastUse = new Map<Tensor, number>();
  nodes.forEach((node, index) => {
    for (const tensor of operandsOf(node)) {
      lastUse.set(storageOf(tensor).root, index);
    }
  });
  for (const tensor of keep) lastUse.set(storageOf(tensor).root, nodes.length);

  const takenOver = new Map<Tensor, Tensor>();
  const resolve: StoragePlan["resolve"] = (tensor) => {
    const { root, offset } = storageOf(tensor);
    let owner = root;
    for (
      let next = takenOver.get(owner);
      next;
      next = takenOver.get(owner)
    ) owner = next;
    return { root: owner, offset };
  };

  const inPlace = new Set<Node>();
  nodes.forEach((node, index) => {
    const { reuses } = node.op;
    if (!reuses) return;
    const result = node.outputs[reuses.result];
    const operand = node.inputs[reuses.operand];
    if (!operand || !result) return;
    if (result.view) {
      inPlace.add(node);
      return;
    }
    const owner = resolve(operand).root;
    const isDead = lastUse.get(storageOf(operand).root) === index &&
      lastUse.get(owner) === index;
    const readTwice = Object.entries(node.inputs).some(([name, other]) =>
      name !== reuses.operand && resolve(other).root === owner
    );
    if (
      isPersistent(operand) || !isDead || readTwice ||
      byteLength(operand) !== byteLength(owner) ||
      byteLength(operand) !== byteLength(result)
    ) return;
    takenOver.set(result, owner);
    lastUse.set(owner, lastUse.get(result) ?? index);
    inPlace.add(node);
  });

  const lifetimes = new Map<Tensor, Lifetime>();
  nodes.forEach((node, index) => {
    for (const tensor of operandsOf(node)) {
      if (isPersistent(tensor)) continue;
      const { root } = resolve(tensor);
      const from = lifetimes.get(root)?.from ?? index;
      lifetimes.set(root, { from, to: index });
    }
  });
  for (const tensor of keep) {
    const { root } = resolve(tensor);
    const lifetime = lifetimes.get(root);
    if (lifetime) {
      lifetimes.set(root, { from: lifetime.from, to: nodes.length });
    }
  }
  return { nodes, inPlace, resolve, lifetimes };
}

function operandsOf(node: Node): Tensor[] {
  return [...Object.values(node.inputs), ...Object.values(node.outputs)];
}

/** Drops nodes whose results nobody reads and that leave nothing behind. */
function liveNodes(
  nodes: readonly Node[],
  keep: ReadonlySet<Tensor>,
): readonly Node[] {
  const needed = new Set([...keep].map((tensor) => storageOf(tensor).root));
  const live: Node[] = [];
  for (const node of [...nodes].reverse()) {
    const matters = Object.values(node.outputs).some((output) =>
      isPersistent(output) || needed.has(storageOf(output).root)
    );
    if (!matters) continue;
    live.push(node);
    for (const tensor of operandsOf(node)) needed.add(storageOf(tensor).root);
  }
  return live.reverse();
}

/** A temporary that was overwritten in place holds its old value no more. */
function checkOverwrites(nodes: readonly Node[]): void {
  const overwrittenBy = new Map<Tensor, Node>();
  for (const node of nodes) {
    for (const input of Object.values(node.inputs)) {
      const culprit = overwrittenBy.get(input);
      if (culprit) {
        throw new Error(
          `Cannot plan ${node.label}: it reads "${input.name}" after ${culprit.label} ` +
            `overwrote it; read the result of that node instead`,
        );
      }
    }
    for (const output of Object.values(node.outputs)) {
      const base = output.view?.base;
      if (base && !isPersistent(base)) overwrittenBy.set(base, node);
    }
  }
}
