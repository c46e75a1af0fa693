// The picture type is public; this is its place in the layers.
#pragma once

#include "pixelforge/image.h"
