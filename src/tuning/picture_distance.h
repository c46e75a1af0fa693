// How unlike two pictures of one size look: structural similarity, and features of our own in place of a trained
// network's, which would have to be shipped. Pure functions; the same for any number of threads.
#pragma once

#include <array>
#include <vector>

#include "image/image.h"

namespace pxf {

/// What is looked at: brightness, and two differences of colour; 0 to 1.
struct PicturePlanes {
  int width = 0, height = 0;
  std::array<std::vector<float>, 3> planes;  // Y, Cb, Cr of BT.601
};
PicturePlanes planes_of(const Image& image);

/// Of brightness: Wang et al. 2004, "Image quality assessment: from error visibility to structural similarity", with
/// its window (Gaussian, 1.5 pixels) cut off at the edges. 1 for equal pictures.
double ssim(const PicturePlanes& a, const PicturePlanes& b);

/// In the manner of LPIPS (Zhang et al. 2018, "The Unreasonable Effectiveness of Deep Features as a Perceptual
/// Metric"), on a pyramid of gradients, second derivatives and colours: at each place the features are made unit
/// vectors, where they are strong, and the squared distances averaged over places and scales. 0 for equal pictures.
double feature_distance(const PicturePlanes& a, const PicturePlanes& b);

}  // namespace pxf
