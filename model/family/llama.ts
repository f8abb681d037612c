import { embedding } from "../../kernels/ops/embedding.ts";
import { gatedActivation } from "../../kernels/ops/gated_activation.ts";
import { headNorm } from "../../kernels/ops/head_norm.ts";
import { matmul } from "../../kernels/ops/matmul.ts";
import { rmsNorm } from "../../kernels/ops/rms_norm.ts";
import { rope } from "../../kernels/ops/rope.ts";
import { ropeTable } from "../../kernels/ops/rope_table.ts";
import { scaledSum } from "../../kernels/ops/scaled_sum.ts";
import type { Tensor } from "../../kernels/ops/tensor.ts";
import type { Graph } from "../../kernels/plan/graph.ts";
import type { LlamaConfig } from "../model_config.ts";
import type { ParameterSpec } from "../parameter_set.ts";
import type { Family, ForwardContext } from "./family.ts";

const EMBEDDING = "model.embed_tokens.weight";
const HEAD = "lm_head.weight";

/**
 * Llama (Touvron et al. 2023, arXiv 2302.13971 and 2307.09288): rotary
 * positions in half-split form, RMS norm, SwiGLU, grouped-query attention.
 * Projections are stored (out, in); those that read the same input are stacked.
 * `RecipeConfig` tells what a model may have beyond Llama.
 */
export const llama: Family<LlamaConfig> = {
  attention: (config) => ({
    heads: config.num_attention_heads,
    kvHeads: config.num_key_value_heads,
    headDim: config.head_dim,
  }),

  parameters(config) {
    const { hidden_size: width, intermediate_size: inner } = config;
    const queries = config.num_attention_heads * config.head_dim;
    const keys = config.num_key_value_heads * config.head_dim;
    const stacked = (
      key: string,
      parts: readonly [readonly [string, number], ...[string, number][]],
      columns: number,
    ): ParameterSpec => {
      const [first, ...rest] = parts.map(([name, rows]) => ({
        name: `${name}.weight`,
        shape: [rows, columns],
      }));
      return {
        key,
        parts: [first, ...rest],
        decay: true,
        hidden: true,
        initial: { kind: "normal", deviation: config.initializer_range },
      };
    };
    // The last projection of each half of a block.
    const last = (name: string, columns: number): ParameterSpec => {
      const spec = stacked(name, [[name, width]], columns);
      return config.zero_init ? { ...spec, initial: { kind: "zeros" } } : spec;
    };
    const norm = (name: string, columns = width): ParameterSpec => ({
      key: name,
      parts: [{ name: `${name}.weight`, shape: [columns] }],
      decay: false,
      initial: { kind: "ones" },
    });
    const table = (name: string, columns = width): ParameterSpec => ({
      ...stacked(name, [[name, config.vocab_size]], columns),
      parts: [{ name, shape: [config.vocab_size, columns] }],
      hidden: false,
    });
    const scalar = (key: string, kind: "ones" | "zeros"): ParameterSpec => ({
      key,
      parts: [{ name: key, shape: [1] }],
      decay: false,
      initial: { kind },
    });
    const specs = [table(EMBEDDING)];
    for (let i = 0; i < config.value_embeddings; i++) {
      specs.push({
        ...table(valueTable(i), keys),
        decay: false,
        initial: { kind: "zeros" },
      });
    }
    for (let layer = 0; layer < config.num_hidden_layers; layer++) {
      const block = `model.layers.${layer}`;
      const attention = `${block}.self_attn`;
      const mlp = `${block}.mlp`;
      if (config.residual_scalars && layer > 0) {
        specs.push(
          scalar(`${block}.resid_lambda`, "ones"),
          scalar(`${block}.x0_lambda`, "zeros"),
        );
      }
      if (valueTableOf(config, layer) !== undefined) {
        specs.push(scalar(`${attention}.value_lambda`, "ones"));
      }
      specs.push(
        norm(`${block}.input_layernorm`),
        stacked(`${attention}.qkv_proj`, [
          [`${attention}.q_proj`, queries],
          [`${attention}.k_proj`, keys],
          [`${attention}.v_proj`, keys],
        ], width),
        ...(config.qk_norm
          ? ["q_norm", "k_norm"].map((name) =>
            norm(`${attention}.${name}`, config.head_dim)
          )
          : []),
        last(`${attention}.o_proj`, queries),
        norm(`${block}.post_attention_layernorm`),
        config.hidden_act === "silu"
          ? stacked(`${mlp}.gate_up_proj`, [
            [`${mlp}.gate_proj`, inner],
            [`${mlp}.up_proj`, inner],
          ], width)
          : stacked(`${mlp}.up_proj`, [[`${mlp}.up_proj`, inner]], width),
        last(`${mlp}.down_proj`, inner),
      );
    }
    specs.push(norm("model.norm"));
    if (!config.tie_word_embeddings) specs.push(table(HEAD));
    return specs;
  },

  forward(graph, config, context) {
    const rotation = context.constant(
      "rotary table",
      [config.max_position_embeddings, config.head_dim / 2, 2],
      () =>
        ropeTable({
          positions: config.max_position_embeddings,
          rotary: config.head_dim,
          theta: config.rope_theta,
        }),
    );
    const { tokens } = context;
    const lookUp = (key: string) =>
      graph.scope(
        key.replace(/\.weight$/, ""),
        () => embedding(graph, { tokens, table: context.weight(key) }),
      );
    const first = lookUp(EMBEDDING);
    const values = Array.from(
      { length: config.value_embeddings },
      (_, i) => lookUp(valueTable(i)),
    );
    let x = first;
    for (let layer = 0; layer < config.num_hidden_layers; layer++) {
      x = graph.scope(`model.layers.${layer}`, () =>
        graph.block(
          layer,
          () => {
            const mixed = config.residual_scalars && layer > 0
              ? mix(graph, context, x, first, layer)
              : x;
            const table = valueTableOf(config, layer);
            const added = table === undefined ? undefined : values[table];
            return block(graph, config, context, mixed, layer, rotation, added);
          },
        ));
    }
    return {
      hidden: applyNorm(graph, config, context, x, "model.norm", "model.norm"),
      head: config.tie_word_embeddings ? EMBEDDING : HEAD,
    };
  },
};

function valueTable(index: number): string {
  return `model.value_embeds.${index}.weight`;
}

/** Number of the table that a layer adds to its values, if it does. */
function valueTableOf(
  { value_embeddings, num_hidden_layers }: LlamaConfig,
  layer: number,
): number | undefined {
  const fromLast = layer - (num_hidden_layers - value_embeddings);
  if (fromLast >= 0) return fromLast;
  return layer < value_embeddings ? layer : undefined;
}

/** What a layer starts from: the residual stream and the embedding, scaled. */
function mix(
  graph: Graph,
  context: ForwardContext,
  x: Tensor,
  first: Tensor,
  layer: number,
): Tensor {
  const prefix = `model.layers.${layer}`;
  return scaledSum(graph, {
    a: x,
    scaleA: context.weight(`${prefix}.resid_lambda`),
    b: first,
    scaleB: context.weight(`${prefix}.x0_lambda`),
  });
}

/** One pre-norm block: x + attention(norm x), then + feedForward(norm x). */
function block(
  graph: Graph,
  config: LlamaConfig,
  context: ForwardContext,
  x: Tensor,
  layer: number,
  rotation: Tensor,
  added: Tensor | undefined,
): Tensor {
  const prefix = `model.layers.${layer}`;
  const project = (
    a: Tensor,
    name: string,
    extra: { addend?: Tensor; activation?: "relu2" } = {},
  ) => {
    const { addend, activation } = extra;
    return graph.scope(name, () =>
      matmul(graph, {
        a,
        b: context.weight(`${prefix}.${name}`),
        ...(addend ? { addend } : {}),
      }, { layout: "nt", ...(activation ? { activation } : {}) }));
  };
  const norm = (value: Tensor, name: string) =>
    applyNorm(graph, config, context, value, `${prefix}.${name}`, name);
  const gated = (gateUp: Tensor) =>
    graph.scope("mlp", () => gatedActivation(graph, gateUp, "silu"));
  const shape = llama.attention(config);
  const qkv = project(norm(x, "input_layernorm"), "self_attn.qkv_proj");
  const mixed = graph.scope("self_attn", () => {
    const compared = config.qk_norm
      ? headNorm(graph, {
        x: qkv,
        queryWeight: context.weight(`${prefix}.self_attn.q_norm`),
        keyWeight: context.weight(`${prefix}.self_attn.k_norm`),
      }, { ...shape, epsilon: config.rms_norm_eps })
      : qkv;
    const rotated = rope(graph, {
      x: compared,
      table: rotation,
      ...(context.offset ? { offset: context.offset } : {}),
    }, {
      heads: shape.heads + shape.kvHeads,
      headDim: shape.headDim,
      rotary: shape.headDim,
      period: context.period,
    });
    const packed = added
      ? scaledSum(graph, {
        a: rotated,
        b: added,
        scaleB: context.weight(`${prefix}.self_attn.value_lambda`),
      }, { column: (shape.heads + shape.kvHeads) * shape.headDim })
      : rotated;
    return context.attend(packed, shape, layer);
  });
  const middle = project(mixed, "self_attn.o_proj", { addend: x });
  const normed = norm(middle, "post_attention_layernorm");
  const wide = config.hidden_act === "relu2"
    ? project(normed, "mlp.up_proj", { activation: "relu2" })
    : gated(project(normed, "mlp.gate_up_proj"));
  return project(wide, "mlp.down_proj", { addend: middle });
}

function applyNorm(
  graph: Graph,
  config: LlamaConfig,
  context: ForwardContext,
  x: Tensor,
  key: string,
  label: string,
): Tensor {
  return graph.scope(label, () =>
    rmsNorm(
      graph,
      { x, weight: context.weight(key) },
      { epsilon: config.rms_norm_eps },
    ));
}
