// The methods of a Guidance and their settings, with names and limits: the one list, for whoever reads, writes or
// checks them. A visitor has number, whole, choice, layers and scales, each called with the names (comma-separated,
// ours first), the field, and where there is one, its usual value.
#pragma once

#include <array>
#include <limits>
#include <optional>
#include <string_view>

#include "pixelforge/guidance.h"

namespace pxf {

struct Limits {
  double lowest, highest;
};

constexpr double kLargestCfg = 1000;
constexpr Limits kShare{0, 1}, kCfg{0, kLargestCfg}, kScale{0, 100}, kFactor{0, 10};
constexpr Limits kNoise{0, std::numeric_limits<double>::infinity()};
constexpr std::array<std::string_view, 3> kFreeUVersions{"1", "2", "diffusers"};  // in the order of the enum

template <class Visitor>
void visit(Visitor& v, GuidanceInterval& m, const GuidanceInterval& usual = {}) {
  v.number("start,start_percent", m.start, usual.start, kShare);
  v.number("end,stop,end_percent", m.end, usual.end, kShare);
  v.number("sigma_start", m.sigma_start, usual.sigma_start, kNoise);
  v.number("sigma_end", m.sigma_end, usual.sigma_end, kNoise);
}

template <class Visitor>
void visit(Visitor& v, CfgSchedule& m) {
  v.scales("scales", m.scales, kCfg);
}

template <class Visitor>
void visit(Visitor& v, CfgRescale& m, const CfgRescale& usual = {}) {
  v.number("amount,phi,multiplier", m.amount, usual.amount, kShare);
}

template <class Visitor>
void visit(Visitor& v, DynamicThresholding& m, const DynamicThresholding& usual = {}) {
  v.number("mimic_scale,mimic", m.mimic_scale, usual.mimic_scale, kCfg);
  v.number("percentile,threshold_percentile", m.percentile, usual.percentile, kShare);
}

template <class Visitor>
void visit(Visitor& v, ImagenThresholding& m, const ImagenThresholding& usual = {}) {
  v.number("ratio,dynamic_thresholding_ratio", m.ratio, usual.ratio, kShare);
  v.number("max_value,sample_max_value", m.max_value, usual.max_value, {1, kNoise.highest});
}

template <class Visitor>
void visit(Visitor& v, AdaptiveProjection& m, const AdaptiveProjection& usual = {}) {
  v.number("eta", m.eta, usual.eta, {-10, 10});
  v.number("norm_threshold,norm", m.norm_threshold, usual.norm_threshold, kNoise);
  v.number("momentum", m.momentum, usual.momentum, {-5, 1});
}

template <class Visitor>
void visit(Visitor& v, CfgZeroStar& m, const CfgZeroStar& usual = {}) {
  v.whole("zero_init_steps,init", m.zero_init_steps, usual.zero_init_steps, {0, 10000});
}

template <class Visitor>
void visit(Visitor& v, PerturbedAttention& m, const PerturbedAttention& usual = {}) {
  v.number("scale", m.scale, usual.scale, kScale);
  v.layers("layers,layer", m.layers, usual.layers);
  v.number("adaptive_scale", m.adaptive_scale, usual.adaptive_scale, kScale);
  visit(v, m.when, usual.when);
}

template <class Visitor>
void visit(Visitor& v, SmoothedEnergy& m, const SmoothedEnergy& usual = {}) {
  v.number("scale", m.scale, usual.scale, kScale);
  v.number("blur_sigma,blur", m.blur_sigma, usual.blur_sigma, {0.01, kNoise.highest});
  v.layers("layers,layer", m.layers, usual.layers);
  visit(v, m.when, usual.when);
}

template <class Visitor>
void visit(Visitor& v, SkipLayers& m, const SkipLayers& usual = {}) {
  v.number("scale", m.scale, usual.scale, kScale);
  v.layers("layers,layer", m.layers, usual.layers);
  visit(v, m.when, usual.when);
}

template <class Visitor>
void visit(Visitor& v, FreeU& m, const FreeU& usual = {}) {
  v.number("b1", m.b1, usual.b1, kFactor);
  v.number("b2", m.b2, usual.b2, kFactor);
  v.number("s1", m.s1, usual.s1, kFactor);
  v.number("s2", m.s2, usual.s2, kFactor);
  v.choice("version", m.version, usual.version, kFreeUVersions);
  visit(v, m.when, usual.when);
}

/// f(names, method) for every method, given or not, in the order in which they are written.
template <class F>
void for_each_method(Guidance& g, const F& f) {
  f("cfg,cfg_schedule,guidance_schedule", g.cfg);
  f("interval,cfg_interval,guidance_interval", g.interval);
  f("rescale,cfg_rescale,guidance_rescale,rescale_cfg", g.rescale);
  f("dynthres,dynamic_thresholding,mimic", g.dynthres);
  f("thresholding,imagen_thresholding", g.thresholding);
  f("apg,adaptive_projected_guidance", g.apg);
  f("cfg_zero,cfg_zero_star", g.cfg_zero);
  f("pag,perturbed_attention,perturbed_attention_guidance", g.pag);
  f("seg,smoothed_energy,smoothed_energy_guidance", g.seg);
  f("slg,skip_layers,skip_layer_guidance", g.slg);
  f("freeu", g.freeu);
}

/// Ours of the names.
constexpr std::string_view first_name(std::string_view names) { return names.substr(0, names.find(',')); }

}  // namespace pxf
