// The symmetric beta distribution, density ~ (x (1 - x))^(shape - 1) on 0 to 1.
#pragma once

namespace pxf {

/// The x below which a share p of it lies. p from 0 to 1, shape > 0; to about 1e-12.
double beta_quantile(double p, double shape);

}  // namespace pxf
