/** What every family's configuration has. */
interface SharedConfig {
  /** Number of token ids; rows of the embedding. */
  readonly vocab_size: number;
  /** Standard deviation of freshly initialised weights. */
  readonly initializer_range: number;
  /** Whether the head shares the embedding's weights. */
  readonly tie_word_embeddings: boolean;
  /** Token that begins a text, or null where there is none. */
  readonly bos_token_id: number | null;
  /** Token that ends a text, or null where there is none. */
  readonly eos_token_id: number | null;
}

/** A GPT-2 model, under Hugging Face's field names. */
export interface Gpt2Config extends SharedConfig {
  /** Tells the families apart. */
  readonly model_type: "gpt2";
  /** Longest sequence, in tokens; rows of the position embedding. */
  readonly n_positions: number;
  /** Width of the residual stream. */
  readonly n_embd: number;
  /** Number of blocks. */
  readonly n_layer: number;
  /** Attention heads of a block; divides `n_embd`. */
  readonly n_head: number;
  /** Width inside the feed-forward part; 4 · `n_embd` unless told. */
  readonly n_inner: number;
  /** Nonlinearity of the feed-forward part: GELU by its tanh formula. */
  readonly activation_function: "gelu_new";
  /** Added to the variance inside layer norm. */
  readonly layer_norm_epsilon: number;
}

/** A Llama model, under Hugging Face's field names. */
export interface LlamaConfig extends SharedConfig {
  /** Tells the families apart. */
  readonly model_type: "llama";
  /** Width of the residual stream. */
  readonly hidden_size: number;
  /** Width inside the feed-forward part. */
  readonly intermediate_size: number;
  /** Number of blocks. */
  readonly num_hidden_layers: number;
  /** Query heads of a block. */
  readonly num_attention_heads: number;
  /** Key and value heads of a block; divides `num_attention_heads`. */
  readonly num_key_value_heads: number;
  /** Width of a head, even because rotary embedding turns pairs. */
  readonly head_dim: number;
  /** Added to the mean square inside RMS norm. */
  readonly rms_norm_eps: number;
  /** Base of the rotary embedding's wavelengths. */
  readonly rope_theta: number;
  /** Longest sequence, in tokens. */
  readonly max_position_embeddings: number;
  /** Nonlinearity of the feed-forward part's gate. */
  readonly hidden_act: "silu";
  /** Whether the attention's projections have biases. */
  readonly attention_bias: false;
  /** Whether the feed-forward part's projections have biases. */
  readonly mlp_bias: false;
}

/** A model of any family; `model_type` says which. */
export type ModelConfig = Gpt2Config | LlamaConfig;
