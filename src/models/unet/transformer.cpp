#include "models/unet/transformer.h"

#include <algorithm>

#include "models/unet/perturbed.h"

namespace pxf::unet {

Tensor SpatialTransformer::operator()(const Tensor& x, const Tensor& context, const Alterations& how) const {
  const Sides sides{x.dim(1), x.dim(2)};
  Tensor h = proj_in(norm(x)).reshape({x.dim(0), sides.height * sides.width, x.dim(3)});
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const bool is_perturbed = std::ranges::any_of(
        how.perturbed, [&](const Perturbation* of_row) { return of_row != nullptr && of_row->blocks.at(first + i); });
    h = is_perturbed ? with_perturbed_rows(blocks[i], first + i, h, context, sides, how.perturbed)
                     : blocks[i](std::move(h), context);
  }
  return proj_out(h).reshape(x.shape()) + x;
}

}  // namespace pxf::unet
