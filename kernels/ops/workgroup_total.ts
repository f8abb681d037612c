/** A sum over the invocations of a workgroup. */
export interface WorkgroupTotal {
  /** Invocations of the workgroup, a power of two. */
  readonly threads: number;
  /** What is summed. */
  readonly element: "f32" | "vec4<f32>";
  /** Whether subgroups add up their values first. */
  readonly subgroups: boolean;
}

/**
 * WGSL function `group_total(local, value)`: the sum of a value over all
 * invocations of a workgroup, in each of them. `local` is the invocation's
 * index. Every invocation has to call it, in uniform control flow; it may be
 * called again.
 *
 * Pairwise it takes a barrier for each halving. With subgroups it takes two
 * at any size: a subgroup adds up its values, one of its lanes leaves the sum
 * at its own index and the others leave zeros, and then each subgroup adds up
 * what lies there. Lanes are told apart by their rank among the invocations
 * that are there, because WGSL promises neither that subgroups are filled, nor
 * which invocations they hold, nor that they are all of one size.
 *
 * The order of the sum depends on the number of invocations and on the
 * adapter's subgroups alone, so that repeats give the same bits. Where subgroups
 * are not of one size, invocations may differ in the last one.
 */
export function workgroupTotal(
  { threads, element, subgroups }: WorkgroupTotal,
): string {
  const shared = `var<workgroup> group_sums: array<${element}, ${threads}>;`;
  if (subgroups) {
    return `
${shared}
fn group_total(local: u32, value: ${element}) -> ${element} {
  let rank = subgroupExclusiveAdd(1u);
  let lanes = subgroupAdd(1u);
  let part = subgroupAdd(value);
  group_sums[local] = select(${element}(), part, rank == 0u);
  workgroupBarrier();
  var sum = ${element}();
  for (var at = rank; at < ${threads}u; at += lanes) { sum += group_sums[at]; }
  let total = subgroupAdd(sum);
  workgroupBarrier();
  return total;
}`;
  }
  return `
${shared}
fn group_total(local: u32, value: ${element}) -> ${element} {
  group_sums[local] = value;
  workgroupBarrier();
  for (var reach = ${threads / 2}u; reach > 0u; reach /= 2u) {
    if (local < reach) { group_sums[local] += group_sums[local + reach]; }
    workgroupBarrier();
  }
  let total = group_sums[0];
  workgroupBarrier();
  return total;
}`;
}
