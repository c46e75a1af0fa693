// The shortcuts and their settings, as guidance_fields.h has the methods of guidance.
#pragma once

#include "pixelforge/shortcuts.h"
#include "recipe/guidance_fields.h"

namespace pxf {

constexpr double kMostMerged = 0.75;  // one of four places stays

template <class Visitor>
void visit(Visitor& v, DeepCache& m, const DeepCache& usual = {}) {
  v.whole("interval,cache_interval", m.interval, usual.interval, {1, 100});
  v.whole("depth", m.depth, usual.depth, {1, 100});
  visit(v, m.when, usual.when);
}

template <class Visitor>
void visit(Visitor& v, TokenMerging& m, const TokenMerging& usual = {}) {
  v.number("ratio", m.ratio, usual.ratio, {0, kMostMerged});
  v.whole("levels", m.levels, usual.levels, {1, 100});
  visit(v, m.when, usual.when);
}

template <class F>
void for_each_method(Shortcuts& s, const F& f) {
  f("deep,deepcache,deep_cache", s.deep);
  f("tome,token_merging,tomesd", s.tome);
}

}  // namespace pxf
