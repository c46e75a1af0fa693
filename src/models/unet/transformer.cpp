#include "models/unet/transformer.h"

#include <algorithm>

#include "models/unet/perturbed.h"
#include "models/unet/token_merging.h"

namespace pxf::unet {

Tensor SpatialTransformer::operator()(const Tensor& x, const Tensor& context, const Alterations& how) const {
  const Sides sides{x.dim(1), x.dim(2)};
  Tensor h = proj_in(norm(x)).reshape({x.dim(0), sides.height * sides.width, x.dim(3)});
  const bool merges = how.merging != nullptr && level < how.merging->levels;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto plain = [&](const Tensor& rows, const Tensor& text) {
      return merges ? with_merged_places(blocks[i], rows, text, sides, how.merging->ratio) : blocks[i](rows, text);
    };
    const bool is_perturbed = std::ranges::any_of(
        how.perturbed, [&](const Perturbation* of_row) { return of_row != nullptr && of_row->blocks.at(first + i); });
    if (is_perturbed)
      h = with_perturbed_rows(blocks[i], first + i, h, context, sides, how.perturbed, plain);
    else
      h = merges ? plain(h, context) : blocks[i](std::move(h), context);
  }
  return proj_out(h).reshape(x.shape()) + x;
}

}  // namespace pxf::unet
