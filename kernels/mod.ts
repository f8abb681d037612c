/**
 * The framework for programs of fixed shapes: operations, graphs, plans of their
 * memory, devices to run them on, and the tuner of their kernels.
 *
 * @module
 */
export type { Capabilities } from "./runtime/capabilities.ts";
export { DEFAULT_CAPABILITIES } from "./runtime/capabilities.ts";
export { DeviceError } from "./runtime/device_error.ts";
export type { DeviceErrorKind } from "./runtime/device_error.ts";
export { Gpu } from "./runtime/gpu.ts";
export type {
  AdapterDescription,
  BindingAccess,
  BufferRequest,
} from "./runtime/gpu.ts";
export { openDevice } from "./runtime/open_device.ts";
export type { ProfileEntry } from "./runtime/profiler.ts";
export { ReadbackRing } from "./runtime/readback_ring.ts";
export { differentiate } from "./plan/differentiate.ts";
export { Executable } from "./plan/executable.ts";
export { Graph } from "./plan/graph.ts";
export type {
  Location,
  MemoryCategory,
  Plan,
  PlannedBinding,
  PlannedBuffer,
  PlannedDispatch,
  PlannedTexelCopy,
} from "./plan/plan.ts";
export { planProgram } from "./plan/plan_program.ts";
export type { ChooseVariant, PlanOptions } from "./plan/plan_options.ts";
export type { TuningProgress } from "./tune/tuner.ts";
export { freshGradients } from "./plan/fresh_gradients.ts";
export { KEEP_ALL, recompute } from "./plan/recompute.ts";
export type { RecomputePolicy } from "./plan/recompute.ts";
export { activation } from "./ops/activation.ts";
export type { ActivationKind } from "./ops/activation_wgsl.ts";
export { adamw } from "./ops/adamw.ts";
export type { AdamwInputs, AdamwOptions } from "./ops/adamw.ts";
export { add } from "./ops/add.ts";
export { addPositions } from "./ops/add_positions.ts";
export type { AddPositionsInputs } from "./ops/add_positions.ts";
export { attention } from "./ops/attention.ts";
export type { AttentionOptions } from "./ops/attention.ts";
export { cachedAttention } from "./ops/cached_attention.ts";
export type {
  CachedAttentionInputs,
  CachedAttentionOptions,
} from "./ops/cached_attention.ts";
export { clear } from "./ops/clear.ts";
export { columnSum } from "./ops/column_sum.ts";
export { embedding } from "./ops/embedding.ts";
export type { EmbeddingInputs } from "./ops/embedding.ts";
export { gatedActivation } from "./ops/gated_activation.ts";
export { headNorm } from "./ops/head_norm.ts";
export type { HeadNormInputs, HeadNormOptions } from "./ops/head_norm.ts";
export { gatherMetrics } from "./ops/gather_metrics.ts";
export type { MetricPart } from "./ops/gather_metrics.ts";
export { gradientNorm } from "./ops/gradient_norm.ts";
export { texelAddress } from "./ops/kernel_source.ts";
export type { OperandPrecision } from "./ops/operand_precision.ts";
export type {
  AccessMode,
  BindingDeclaration,
  BindingElement,
  BufferDeclaration,
  KernelSource,
  TexelDeclaration,
} from "./ops/kernel_source.ts";
export {
  foldWorkgroups,
  linearMain,
  linearWorkgroups,
  rowBlocks,
} from "./ops/launch.ts";
export type { RowBlock } from "./ops/launch.ts";
export { layerNorm } from "./ops/layer_norm.ts";
export { linearCrossEntropy } from "./ops/linear_cross_entropy.ts";
export type {
  LinearCrossEntropyInputs,
  LinearCrossEntropyOptions,
  LinearCrossEntropyResults,
} from "./ops/linear_cross_entropy.ts";
export { matmul } from "./ops/matmul.ts";
export type { MatmulInputs, MatmulOptions } from "./ops/matmul.ts";
export type { MatmulLayout } from "./ops/matmul_problem.ts";
export { muonMomentum } from "./ops/muon_momentum.ts";
export type { MuonMomentumInputs } from "./ops/muon_momentum.ts";
export { muonUpdate } from "./ops/muon_update.ts";
export type { MuonUpdateInputs, MuonUpdateOptions } from "./ops/muon_update.ts";
export { normalizedStack } from "./ops/normalized_stack.ts";
export { orthogonalize } from "./ops/orthogonalize.ts";
export { squarePolynomial } from "./ops/square_polynomial.ts";
export type { SquarePolynomialInputs } from "./ops/square_polynomial.ts";
export type { NormInputs, NormOptions } from "./ops/norm.ts";
export { ShapeError } from "./ops/op_spec.ts";
export type {
  Binding,
  Dispatch,
  ExpectedElement,
  GradientContext,
  GraphBuilder,
  LowerContext,
  Node,
  Operands,
  OpSpec,
  Pass,
  PoseProblem,
  ProblemGraph,
  Reference,
  ResultType,
  TensorBinding,
  TexelBinding,
  TexelCopy,
} from "./ops/op_spec.ts";
export { scaledSum } from "./ops/scaled_sum.ts";
export type { ScaledSumInputs, ScaledSumOptions } from "./ops/scaled_sum.ts";
export { softCap } from "./ops/soft_cap.ts";
export { rmsNorm } from "./ops/rms_norm.ts";
export { rope } from "./ops/rope.ts";
export type { RopeInputs, RopeOptions } from "./ops/rope.ts";
export { ropeTable } from "./ops/rope_table.ts";
export type { RopeTableOptions } from "./ops/rope_table.ts";
export { byteLength, createTensor, elementCount } from "./ops/tensor.ts";
export type { DType, Tensor, TensorRole, TensorType } from "./ops/tensor.ts";
export { weightedSum } from "./ops/weighted_sum.ts";
export { swap } from "./ops/swap.ts";
export { weightAverage } from "./ops/weight_average.ts";
export type { WeightAverageInputs } from "./ops/weight_average.ts";
