// Where a user's library lies. Nothing is created here: the folder appears when something is imported.
#pragma once

#include <filesystem>

namespace pxf {

/// $PIXELFORGE_HOME, else $XDG_DATA_HOME/pixelforge, else ~/.local/share/pixelforge; the folder need not be there.
/// Empty when none of these is set and the user has no home: then there is no library.
std::filesystem::path library_home();

}  // namespace pxf
