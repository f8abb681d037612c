import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { InputError } from "../../../data/input_error.ts";
import { readLlama2c } from "../../../model/io/llama2c.ts";

const STORIES = fromFileUrl(
  new URL("../../../../shared/data/model/stories260K.bin", import.meta.url),
);

/** dim 8, hidden 3, 2 layers, 2 heads of 4, 1 key head, 5 tokens, context 6. */
const SIZES = [8, 3, 2, 2, 1, 5, 6];

/** A file whose values count up from 0, cut or grown to a length. */
async function withModel(
  sizes: readonly number[],
  floats: number,
  test: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const bytes = new Uint8Array(28 + 4 * floats);
    bytes.set(new Uint8Array(Int32Array.from(sizes).buffer));
    const values = Float32Array.from({ length: floats }, (_, i) => i);
    bytes.set(new Uint8Array(values.buffer), 28);
    const path = join(folder, "model.bin");
    await Deno.writeFile(path, bytes);
    await test(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

// embedding 40, attention norms 16, wq 128, wk 64, wv 64, wo 128, ffn norms 16,
// w1 48, w2 48, w3 48, norm 8, cosines and sines 24.
const TIED_FLOATS = 632;

Deno.test("tensors are found in llama2.c's order", async () => {
  await withModel(SIZES, TIED_FLOATS, async (path) => {
    const { config, weights } = await readLlama2c(path);
    assertEquals(config.num_key_value_heads, 1);
    assertEquals(config.head_dim, 4);
    assertEquals(config.tie_word_embeddings, true);
    const first = async (name: string) => (await weights.read(name))[0];
    assertEquals(await first("model.embed_tokens.weight"), 0);
    assertEquals(await first("model.layers.1.input_layernorm.weight"), 48);
    assertEquals(await first("model.layers.1.self_attn.v_proj.weight"), 280);
    assertEquals(await first("model.layers.0.mlp.gate_proj.weight"), 456);
    assertEquals(await first("model.layers.0.mlp.down_proj.weight"), 504);
    assertEquals(await first("model.layers.0.mlp.up_proj.weight"), 552);
    assertEquals(await first("model.norm.weight"), 600);
    assertEquals(weights.shape("model.layers.0.mlp.down_proj.weight"), [8, 3]);
    assertEquals(weights.shape("lm_head.weight"), undefined);
    await assertRejects(() => weights.read("x"), InputError, 'no tensor "x"');
    weights.close();
  });
});

Deno.test("neighbouring rows of a rotary head move half a head apart", async () => {
  await withModel(SIZES, TIED_FLOATS, async (path) => {
    const { weights } = await readLlama2c(path);
    const query = await weights.read("model.layers.0.self_attn.q_proj.weight");
    weights.close();
    // wq begins at 56; rows of 8; two heads of rows 0 1 2 3.
    const rows = [0, 2, 1, 3, 4, 6, 5, 7];
    assertEquals(
      rows.map((_, row) => query[8 * row]),
      rows.map((row) => 56 + 8 * row),
    );
  });
});

Deno.test("a negative vocabulary means a head of its own", async () => {
  const sizes = SIZES.with(5, -5);
  await withModel(sizes, TIED_FLOATS + 40, async (path) => {
    const { config, weights } = await readLlama2c(path);
    assertEquals(config.vocab_size, 5);
    assertEquals(config.tie_word_embeddings, false);
    assertEquals((await weights.read("lm_head.weight"))[0], TIED_FLOATS);
    weights.close();
  });
});

Deno.test("sizes that do not fit the file are refused", async () => {
  const cases: readonly [readonly number[], number, string][] = [
    [SIZES, TIED_FLOATS - 1, "stands for 2556 bytes, but it has 2552"],
    [SIZES, TIED_FLOATS + 1, "stands for 2556 bytes, but it has 2560"],
    [SIZES.with(0, 0), TIED_FLOATS, '"hidden_size" is 0; it must be'],
    [SIZES.with(2, -1), TIED_FLOATS, '"num_hidden_layers" is -1'],
    [SIZES.with(4, 0), TIED_FLOATS, '"num_key_value_heads" is 0'],
    [SIZES.with(3, 3), TIED_FLOATS, '"num_attention_heads" 3 does not divide'],
    [SIZES.with(5, -(2 ** 31)), TIED_FLOATS, '"vocab_size" is 2147483648'],
  ];
  for (const [sizes, floats, message] of cases) {
    await withModel(sizes, floats, async (path) => {
      await assertRejects(() => readLlama2c(path), InputError, message);
    });
  }
});

Deno.test("a trained model has the parameters that its name says", async () => {
  try {
    await Deno.stat(STORIES);
  } catch {
    console.log(`skipped: ${STORIES} is missing`);
    return;
  }
  const { config, weights } = await readLlama2c(STORIES);
  assertEquals(config.hidden_size, 64);
  assertEquals(config.num_hidden_layers, 5);
  assertEquals(config.vocab_size, 512);
  let parameters = 0;
  for (const name of weights.names) {
    const values = await weights.read(name);
    assert(values.every(Number.isFinite), name);
    parameters += values.length;
  }
  weights.close();
  assertEquals(Math.round(parameters / 1000), 260);
});
