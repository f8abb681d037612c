/**
 * Whether two values are equal in depth: the same type, the same own
 * properties, the same members. Cycles are allowed.
 *
 * @param a One value.
 * @param b The other value.
 * @returns Whether they are equal.
 */
export function equal(a: unknown, b: unknown): boolean {
  return compare(a, b, new Map());
}

function compare(
  a: unknown,
  b: unknown,
  seen: Map<object, object>,
): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (
    typeof a !== "object" || typeof b !== "object" || a === null || b === null
  ) return false;
  if (prototypeOf(a) !== prototypeOf(b)) return false;
  if (a instanceof Date && b instanceof Date) {
    return Object.is(a.getTime(), b.getTime());
  }
  if (a instanceof RegExp || a instanceof URL) return String(a) === String(b);
  if (a instanceof Error && b instanceof Error && a.message !== b.message) {
    return false;
  }
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  if (a instanceof Set && b instanceof Set) return sameMembers(a, b, seen);
  if (a instanceof Map && b instanceof Map) {
    return sameMembers(new Set(a), new Set(b), seen);
  }
  if (ArrayBuffer.isView(a) && !(a instanceof DataView)) {
    const [left, right] = [a, b] as unknown as ArrayLike<unknown>[];
    if (left.length !== right.length) return false;
    for (let i = 0; i < left.length; i++) {
      if (left[i] !== right[i] && !Object.is(left[i], right[i])) return false;
    }
    return true;
  }
  return sameProperties(
    a as Record<PropertyKey, unknown>,
    b as Record<PropertyKey, unknown>,
    seen,
  );
}

/** The prototype, where objects without one count as plain. */
function prototypeOf(value: object): object {
  return Object.getPrototypeOf(value) ?? Object.prototype;
}

function sameMembers(
  a: ReadonlySet<unknown>,
  b: ReadonlySet<unknown>,
  seen: Map<object, object>,
): boolean {
  if (a.size !== b.size) return false;
  const rest = new Set(b);
  for (const member of a) {
    if (rest.delete(member)) continue;
    let found = false;
    for (const other of rest) {
      if (!compare(member, other, new Map(seen))) continue;
      rest.delete(other);
      found = true;
      break;
    }
    if (!found) return false;
  }
  return true;
}

function sameProperties(
  a: Record<PropertyKey, unknown>,
  b: Record<PropertyKey, unknown>,
  seen: Map<object, object>,
): boolean {
  const keys = ownKeys(a);
  if (keys.length !== ownKeys(b).length) return false;
  return keys.every((key) =>
    Object.hasOwn(b, key) && compare(a[key], b[key], seen)
  );
}

function ownKeys(value: object): PropertyKey[] {
  return Reflect.ownKeys(value).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(value, key)
  );
}
