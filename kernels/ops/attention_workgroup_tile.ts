import type { Capabilities } from "../runtime/capabilities.ts";
import type { AttentionLayout } from "./attention_layout.ts";

/** Bytes of a vector and of a number in workgroup memory. */
const VECTOR_BYTES = 16;
const NUMBER_BYTES = 4;

/**
 * Rows of a workgroup and its fewest invocations, about. The more rows, the less
 * is staged for each, but the more of a tile lies beyond what its rows see.
 */
const ROWS = 64;
const INVOCATIONS = 64;

/** Most invocations of a workgroup, which every device allows. */
const MOST_INVOCATIONS = 128;

/** Most rows that an invocation holds. */
const HELD = 4;

/** Bytes of workgroup memory of which multiprocessors have several times. */
const ROOMY = 16_384;

/** How a workgroup shares its rows and what it stages. */
export interface WorkgroupTile {
  /** Rows of a workgroup. */
  readonly rows: number;
  /** Rows that an invocation holds, one below the other. */
  readonly held: number;
  /** Invocations of a row, each with a slice of the head. */
  readonly lanes: number;
  /** Vectors of a slice. */
  readonly slice: number;
  /** Rows of the other side that are staged in workgroup memory at a time. */
  readonly staged: number;
  /** Staged rows that are taken per turn. */
  readonly turn: number;
  /** How the pairs of a turn are shared. */
  readonly pairs: PairOwners;
}

/**
 * Pairs of a held row and a row of the turn, of which each invocation of a team
 * has its part of the products: sums over the slices are owned by one.
 */
export interface PairOwners {
  /** Invocations of a team that own pairs. */
  readonly owners: number;
  /** Rows of which an owner has pairs. */
  readonly rows: number;
  /** Rows of the turn that an owner's rows pair with: all, or a part of them. */
  readonly others: number;
  /** Vectors of an owner's products. */
  readonly vectors: number;
}

/** What an invocation of a workgroup holds. */
export interface WorkgroupShare {
  /** Most vectors of a head's slice, where heads have few enough of them. */
  readonly slice: number;
  /** Most vectors of all rows that it holds. */
  readonly vectors: number;
  /** Products of a pair of rows. */
  readonly products: number;
  /** Whether one invocation owns all pairs of a row. */
  readonly ownsRows: boolean;
}

/**
 * A tile for heads of a size. What is loaded from workgroup memory serves all
 * rows that an invocation holds, and only few loads a multiplication come in
 * time: so several invocations share a row, that each may hold several.
 *
 * @param headDim Size of a head.
 * @param share What an invocation holds.
 * @param masked Whether queries are told what they see.
 * @param capabilities The device's.
 * @returns Undefined where heads are no whole vectors, do not split evenly, or
 * do not fit into workgroup memory.
 */
export function workgroupTile(
  headDim: number,
  share: WorkgroupShare,
  masked: boolean,
  { limits }: Capabilities,
): WorkgroupTile | undefined {
  const chunks = headDim / 4;
  if (!Number.isInteger(chunks)) return undefined;
  const even = [1, 2, 3, 4, 5, 6, 7, 8].filter((count) => chunks % count === 0);
  const lanes = even.find((count) => chunks / count <= share.slice) ??
    Math.max(...even);
  const slice = chunks / lanes;
  const most = Math.min(HELD, Math.floor(share.vectors / slice));
  if (most < 1) return undefined;
  const teams = Math.min(
    Math.max(Math.ceil(ROWS / most), Math.floor(INVOCATIONS / lanes)),
    Math.floor(MOST_INVOCATIONS / lanes),
  );
  const held = Math.min(most, Math.floor(2 * ROWS / teams));
  const marks = masked ? 3 : 2;
  const tileOf = (staged: number) => {
    const turn = lanes > 1 ? staged : 4;
    const pairs = pairOwners(held, lanes, turn, share);
    return { rows: teams * held, held, lanes, slice, staged, turn, pairs };
  };
  const bytes = (tile: WorkgroupTile) =>
    VECTOR_BYTES *
      (2 * tile.staged * lanes * stagedSlice(tile) +
        (lanes > 1
          ? teams * tile.pairs.owners * (tile.pairs.vectors * lanes + 1)
          : 0)) +
    NUMBER_BYTES * (tile.staged * marks + (masked ? 1 : 0));
  return (lanes > 1 ? [8, 4, 2, 1] : [16, 8, 4]).map(tileOf).find((tile) =>
    bytes(tile) <= Math.min(ROOMY, limits.maxComputeWorkgroupStorageSize)
  );
}

function pairOwners(
  held: number,
  lanes: number,
  turn: number,
  { products, ownsRows }: WorkgroupShare,
): PairOwners {
  const each = Math.ceil(held * turn / lanes);
  const others = ownsRows
    ? turn
    : [1, 2, 4, 8].find((count) => count >= each && turn % count === 0) ?? turn;
  const rows = others === turn ? Math.ceil(held / lanes) : 1;
  return {
    owners: Math.ceil(held * turn / (rows * others)),
    rows,
    others,
    vectors: Math.ceil(rows * others * products / 4),
  };
}

/** Vectors of a staged slice: one more keeps slices in other memory banks. */
export function stagedSlice({ lanes, slice }: WorkgroupTile): number {
  return lanes === 1 ? slice : slice + 1;
}

/** Workgroups of a kernel that tiles `length` rows of `heads` heads. */
export function workgroupCount(
  { batches, length }: AttentionLayout,
  heads: number,
  { rows }: WorkgroupTile,
): number {
  return batches * heads * Math.ceil(length / rows);
}

/** Invocations of a workgroup. */
export function invocationsOf({ rows, held, lanes }: WorkgroupTile): number {
  return rows / held * lanes;
}
