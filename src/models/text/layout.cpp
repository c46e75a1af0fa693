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

void check_rows(const Layout& layout, const TextEncoder::Rows& rows, int clip_skip) {
  const Tensor& ids = rows.ids;
  require(ids.rank() == 2 && ids.dim(1) > 0 && ids.dim(1) <= layout.positions,
          "[text encoder] ids: got {}, need (B, 1 to {})", ids.shape().text(), layout.positions);
  require(clip_skip > layout.left_out && clip_skip <= layout.layers + layout.left_out,
          "[text encoder] clip skip: got {}, need {} to {}", clip_skip, layout.left_out + 1,
          layout.layers + layout.left_out);
  if (!rows.vectors.defined()) return;
  require(rows.vectors.rank() == 2 && rows.vectors.dim(1) == layout.width,
          "[text encoder] vectors: got {}, need (n, {})", rows.vectors.shape().text(), layout.width);
}

Tensor token_vectors(const Weight& table, const TextEncoder::Rows& rows) {
  if (!rows.vectors.defined()) return embedding(rows.ids, table);
  const std::int64_t vocabulary = table.shape().dim(0), width = table.shape().dim(1);
  const std::span<const std::int32_t> ids = rows.ids.span<std::int32_t>();
  std::vector<std::int32_t> tokens(ids.begin(), ids.end());
  for (std::int32_t& id : tokens) id = id < vocabulary ? id : 0;
  Tensor out = embedding(rows.ids.context().from(tokens, rows.ids.shape()), table);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::int64_t row = ids[i] - vocabulary;
    if (row < 0) continue;
    require(row < rows.vectors.dim(0), "[text encoder] id {}: the table has {} rows, and {} vectors follow", ids[i],
            vocabulary, rows.vectors.dim(0));
    std::copy_n(rows.vectors.f32() + row * width, width, out.f32() + static_cast<std::int64_t>(i) * width);
  }
  return out;
}

Tensor places_of(const Tensor& ids) {
  const std::int64_t length = ids.dim(1);
  std::vector<std::int32_t> places(static_cast<std::size_t>(ids.numel()));
  for (std::size_t i = 0; i < places.size(); ++i) {
    places[i] = static_cast<std::int32_t>(static_cast<std::int64_t>(i) % length);
  }
  return ids.context().from(places, ids.shape());
}

Tensor rows_of_ends(const Tensor& x, const Tensor& ids, std::int64_t vocabulary) {
  const std::int64_t batch = ids.dim(0), length = ids.dim(1), width = x.dim(2);
  const Tensor rows = x.reshape({batch * length, width});
  const auto token = [&](std::int32_t id) { return id < vocabulary ? id : -1; };
  std::vector<Tensor> ends;
  for (std::int64_t b = 0; b < batch; ++b) {
    const std::span<const std::int32_t> row =
        ids.span<std::int32_t>().subspan(static_cast<std::size_t>(b * length), static_cast<std::size_t>(length));
    const std::int64_t end = b * length + (std::ranges::max_element(row, {}, token) - row.begin());
    ends.push_back(rows.rows(end, end + 1));
  }
  return concat_batch(ends);
}

}  // namespace pxf::text
