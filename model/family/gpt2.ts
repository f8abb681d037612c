import { addPositions } from "../../kernels/ops/add_positions.ts";
import { embedding } from "../../kernels/ops/embedding.ts";
import { layerNorm } from "../../kernels/ops/layer_norm.ts";
import { matmul } from "../../kernels/ops/matmul.ts";
import type { Tensor } from "../../kernels/ops/tensor.ts";
import type { Graph } from "../../kernels/plan/graph.ts";
import type { Gpt2Config } from "../model_config.ts";
import type { ParameterSpec } from "../parameter_set.ts";
import type { Family, ForwardContext } from "./family.ts";

const WTE = "transformer.wte.weight";
const WPE = "transformer.wpe.weight";
const HEAD = "lm_head.weight";

/**
 * GPT-2 (Radford et al. 2019): learned positions, pre-norm blocks, GELU.
 * Projections are stored (in, out), as the original checkpoints have them.
 */
export const gpt2: Family<Gpt2Config> = {
  attention: ({ n_head, n_embd }) => ({
    heads: n_head,
    kvHeads: n_head,
    headDim: n_embd / n_head,
  }),

  parameters(config) {
    const { n_embd, n_inner, n_layer, initializer_range } = config;
    // Projections that add to the residual stream start smaller by the root of
    // their number (GPT-2 paper, section 2.3).
    const residual = initializer_range / Math.sqrt(2 * n_layer);
    const specs: ParameterSpec[] = [
      matrix(WTE, [config.vocab_size, n_embd], initializer_range),
      matrix(WPE, [config.n_positions, n_embd], initializer_range),
    ];
    for (let layer = 0; layer < n_layer; layer++) {
      const block = `transformer.h.${layer}`;
      specs.push(
        ...norm(`${block}.ln_1`, n_embd),
        ...linear(
          `${block}.attn.c_attn`,
          n_embd,
          3 * n_embd,
          initializer_range,
        ),
        ...linear(`${block}.attn.c_proj`, n_embd, n_embd, residual),
        ...norm(`${block}.ln_2`, n_embd),
        ...linear(`${block}.mlp.c_fc`, n_embd, n_inner, initializer_range),
        ...linear(`${block}.mlp.c_proj`, n_inner, n_embd, residual),
      );
    }
    specs.push(...norm("transformer.ln_f", n_embd));
    if (!config.tie_word_embeddings) {
      specs.push(matrix(HEAD, [config.vocab_size, n_embd], initializer_range));
    }
    return specs;
  },

  forward(graph, config, context) {
    let x = graph.scope("transformer.wte", () =>
      embedding(graph, {
        tokens: context.tokens,
        table: context.weight(WTE),
      }));
    x = graph.scope("transformer.wpe", () =>
      addPositions(graph, {
        x,
        table: context.weight(WPE),
        ...(context.offset ? { offset: context.offset } : {}),
      }, { period: context.period }));
    for (let layer = 0; layer < config.n_layer; layer++) {
      x = graph.scope(
        `transformer.h.${layer}`,
        () => graph.block(layer, () => block(graph, config, context, x, layer)),
      );
    }
    return {
      hidden: applyNorm(graph, config, context, x, "transformer.ln_f", ""),
      head: config.tie_word_embeddings ? WTE : HEAD,
    };
  },
};

/** One pre-norm block: x + attention(ln_1 x), then + mlp(ln_2 x). */
function block(
  graph: Graph,
  config: Gpt2Config,
  context: ForwardContext,
  x: Tensor,
  layer: number,
): Tensor {
  const prefix = `transformer.h.${layer}`;
  const project = (
    a: Tensor,
    name: string,
    extra: { addend?: Tensor; activation?: "gelu_tanh" } = {},
  ) => {
    const { addend, activation } = extra;
    return graph.scope(name, () =>
      matmul(graph, {
        a,
        b: context.weight(`${prefix}.${name}.weight`),
        bias: context.weight(`${prefix}.${name}.bias`),
        ...(addend ? { addend } : {}),
      }, { layout: "nn", ...(activation ? { activation } : {}) }));
  };
  const normed = applyNorm(graph, config, context, x, `${prefix}.ln_1`, "ln_1");
  const qkv = project(normed, "attn.c_attn");
  const mixed = graph.scope(
    "attn",
    () => context.attend(qkv, gpt2.attention(config), layer),
  );
  const middle = project(mixed, "attn.c_proj", { addend: x });
  const wide = project(
    applyNorm(graph, config, context, middle, `${prefix}.ln_2`, "ln_2"),
    "mlp.c_fc",
    { activation: "gelu_tanh" },
  );
  return project(wide, "mlp.c_proj", { addend: middle });
}

function applyNorm(
  graph: Graph,
  config: Gpt2Config,
  context: ForwardContext,
  x: Tensor,
  key: string,
  label: string,
): Tensor {
  return graph.scope(label || key, () =>
    layerNorm(graph, {
      x,
      weight: context.weight(`${key}.weight`),
      bias: context.weight(`${key}.bias`),
    }, { epsilon: config.layer_norm_epsilon }));
}

function matrix(
  name: string,
  shape: readonly number[],
  deviation: number,
): ParameterSpec {
  return {
    key: name,
    parts: [{ name, shape }],
    decay: true,
    initial: { kind: "normal", deviation },
  };
}

function vector(
  name: string,
  length: number,
  kind: "ones" | "zeros",
): ParameterSpec {
  return {
    key: name,
    parts: [{ name, shape: [length] }],
    decay: false,
    initial: { kind },
  };
}

function norm(name: string, width: number): ParameterSpec[] {
  return [
    vector(`${name}.weight`, width, "ones"),
    vector(`${name}.bias`, width, "zeros"),
  ];
}

function linear(
  name: string,
  from: number,
  to: number,
  deviation: number,
): ParameterSpec[] {
  return [
    { ...matrix(`${name}.weight`, [from, to], deviation), hidden: true },
    vector(`${name}.bias`, to, "zeros"),
  ];
}
