/**
 * WGSL of the factor that clips gradients by their global norm, where `hyper[3]`
 * is the largest norm allowed, or 0 for any, and `norm[0]` the norm. Like
 * PyTorch's, it divides by the norm plus 1e-6.
 */
export const CLIP_FACTOR =
  "select(1.0, min(1.0, hyper[3] / (norm[0] + 1e-6)), hyper[3] > 0.0)";
