// Looking for words in the prompts of pictures. Any text is a search: nothing in it can be wrong.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "service/sql.h"

namespace pxf {

/// What a search asks for: its words, and what stands in quotes as it is. Of what is longer than anybody types, the
/// beginning.
std::vector<std::string> searched_texts(std::string_view search);

/// A condition on a row of images: all of these, one at least, are in its prompt, in any case, also as parts of words.
/// Adds its values to those of the statement.
std::string prompt_has(const std::vector<std::string>& texts, SqlDialect dialect, std::vector<SqlValue>& values);

}  // namespace pxf
