/** A file's content as memory, read from disk as it is looked at. */
export interface MappedFile {
  /**
   * The content. It must not be touched after {@linkcode MappedFile.close}, and
   * the file must not be cut while it is mapped: the process would be killed.
   */
  readonly bytes: Uint8Array;
  /** Gives the mapping back. */
  close(): void;
}

const SYMBOLS = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  mmap: {
    parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"],
    result: "pointer",
  },
  munmap: { parameters: ["pointer", "usize"], result: "i32" },
} as const;

// The same on Linux and macOS.
const O_RDONLY = 0;
const PROT_READ = 1;
const MAP_SHARED = 1;
const MAP_FAILED = 2n ** 64n - 1n;

/**
 * Maps a file without copying it, through the system's C library.
 *
 * @param path The file.
 * @param size Its size in bytes, more than 0.
 * @returns The mapping, or null where there can be none: on other systems than
 * Linux and macOS, without `--allow-ffi`, or if the system refuses.
 */
export function mapFile(path: string, size: number): MappedFile | null {
  const library = { linux: "libc.so.6", darwin: "libSystem.dylib" }[
    Deno.build.os as string
  ];
  if (library === undefined || size <= 0 || path.includes("\0")) return null;
  let libc: Deno.DynamicLibrary<typeof SYMBOLS>;
  try {
    libc = Deno.dlopen(library, SYMBOLS);
  } catch {
    return null;
  }
  const { open, close, mmap, munmap } = libc.symbols;
  const descriptor = open(new TextEncoder().encode(`${path}\0`), O_RDONLY);
  if (descriptor < 0) {
    libc.close();
    return null;
  }
  const length = BigInt(size);
  const address = mmap(null, length, PROT_READ, MAP_SHARED, descriptor, 0n);
  // A mapping outlives the descriptor that it was made from.
  close(descriptor);
  if (
    address === null ||
    BigInt(Deno.UnsafePointer.value(address)) === MAP_FAILED
  ) {
    libc.close();
    return null;
  }
  const unmap = (): void => {
    munmap(address, length);
    libc.close();
  };
  let buffer: ArrayBuffer;
  try {
    buffer = Deno.UnsafePointerView.getArrayBuffer(address, size);
  } catch {
    // Larger than a buffer may be.
    unmap();
    return null;
  }
  let mapped = true;
  return {
    bytes: new Uint8Array(buffer),
    close() {
      if (mapped) unmap();
      mapped = false;
    },
  };
}
