#include "models/text/layout.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "ops/arrange.h"

namespace pxf::text {

Layout read_layout(const Catalog& file, const Names& names, std::int64_t heads) {
  const Shape tokens = file.shape(names.tokens), positions = file.shape(names.positions);
  require(tokens.rank() == 2 && positions.rank() == 2, "[text encoder] embeddings: got {} and {}, need (rows, width)",
          tokens.text(), positions.text());
  Layout out;
  out.vocabulary = tokens.dim(0);
  out.width = tokens.dim(1);
  out.positions = positions.dim(0);
  out.layers = file.count(names.layers);
  out.hidden = file.dim(names.hidden, 0).value_or(4 * out.width);
  out.heads = heads > 0 ? heads : std::max<std::int64_t>(1, out.width / 64);
  if (out.width % out.heads != 0 || out.layers == 0 || out.vocabulary < 3) {
    throw Failure(Error{ErrorCode::bad_file,
                        fmt::format("text encoder: width {}, {} heads, {} layers, {} tokens cannot be", out.width,
                                    out.heads, out.layers, out.vocabulary),
                        file.source().name()});
  }
  return out;
}

void check_rows(const Layout& layout, const Tensor& ids, int clip_skip) {
  require(ids.rank() == 2 && ids.dim(1) > 0 && ids.dim(1) <= layout.positions,
          "[text encoder] ids: got {}, need (B, 1 to {})", ids.shape().text(), layout.positions);
  require(clip_skip > layout.left_out && clip_skip <= layout.layers + layout.left_out,
          "[text encoder] clip skip: got {}, need {} to {}", clip_skip, layout.left_out + 1,
          layout.layers + layout.left_out);
}

Tensor places_of(const Tensor& ids) {
  const std::int64_t length = ids.dim(1);
  std::vector<std::int32_t> places(static_cast<std::size_t>(ids.numel()));
  for (std::size_t i = 0; i < places.size(); ++i) {
    places[i] = static_cast<std::int32_t>(static_cast<std::int64_t>(i) % length);
  }
  return ids.context().from(places, ids.shape());
}

Tensor rows_of_ends(const Tensor& x, const Tensor& ids) {
  const std::int64_t batch = ids.dim(0), length = ids.dim(1), width = x.dim(2);
  const Tensor rows = x.reshape({batch * length, width});
  std::vector<Tensor> ends;
  for (std::int64_t b = 0; b < batch; ++b) {
    const std::span<const std::int32_t> row =
        ids.span<std::int32_t>().subspan(static_cast<std::size_t>(b * length), static_cast<std::size_t>(length));
    const std::int64_t end = b * length + (std::ranges::max_element(row) - row.begin());
    ends.push_back(rows.rows(end, end + 1));
  }
  return concat_batch(ends);
}

}  // namespace pxf::text
