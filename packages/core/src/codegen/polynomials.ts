// Least-maximum fits of our own (Lawson's iteration in float64), shared by the generators; coefficients from the constant one on.

/** sin r = r + r z P(z) with z = r², on |r| <= pi/4. */
export const SIN = [-0.16666654908421288, 0.008332175836416808, -0.00019516976388400675];
/** cos r = 1 - z / 2 + z² P(z) with z = r², on |r| <= pi/4. */
export const COS = [0.04166664680672539, -0.001388736446615828, 2.4438089020010468e-5];
/** tanh x = x + x z P(z) with z = x², on |x| < 0.625. */
export const TANH = [
  -0.3333328385177068, 0.13331489145738123, -0.053743308247699795, 0.020649934751310148,
  -0.005716281728888766,
];
