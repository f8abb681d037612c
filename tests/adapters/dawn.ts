/**
 * Puts Dawn, the WebGPU implementation of Chromium, in the place of Deno's own.
 * Loaded before tests by `deno test --preload`.
 *
 * @module
 */

/** What is used of the package. */
interface Dawn {
  readonly globals: object;
  create(options: readonly string[]): unknown;
}

// By a variable, so that nobody who does not run this has to fetch it.
const specifier = "npm:webgpu@0.6.2";
const { create, globals }: Dawn = await import(specifier);
Object.assign(globalThis, globals);
Object.defineProperty(navigator, "gpu", { value: create([]) });
