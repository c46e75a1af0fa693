// Answers made smaller for clients that take it.
#pragma once

#include "server/http.h"

namespace pxf {

/// Whether Accept-Encoding lets gzip through.
bool takes_gzip(const HttpRequest& request);

/// Compresses text and JSON over 1 KiB where the client takes it, and says that this depends on the client. Pictures,
/// parts and what is compressed already stay as they are; so do the largest answers, which hold pictures in base64.
void compress(HttpResponse& response, bool takes_gzip);

}  // namespace pxf
