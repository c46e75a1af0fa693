#include "json/library.h"

#include "json/choice.h"

namespace pxf {

Json to_json(const LicenceVerdict& verdict) {
  return {{"licence", verdict.name}, {"use", to_string(verdict.commercial)}, {"because", verdict.reason}};
}

Json to_json(const LibraryEntry& entry) { return to_json(entry, judge_licence(entry.license)); }

Json to_json(const LibraryEntry& entry, const LicenceVerdict& verdict) {
  return {
      {"name", entry.name},
      {"path", entry.path},
      {"linked", entry.linked},
      {"bytes", entry.bytes},
      {"sha256", entry.sha256},
      {"kind", entry.kind},
      {"family", entry.family},
      {"title", entry.title},
      {"author", entry.author},
      {"license", entry.license},
      {"commercial", to_json(verdict)},
      {"tags", entry.tags},
      {"trigger_words", entry.trigger_words},
      {"source", entry.source},
      {"preview", entry.preview},
      {"added", entry.added},
  };
}

Json to_json(const LibraryModel& model) {
  Json out = to_json(model.info);
  const Json entry = to_json(model.entry);
  for (const char* key : {"linked", "trigger_words", "source", "preview", "added"}) out[key] = entry[key];
  out["missing_file"] = model.missing;
  out["set"] = model.set;
  out["good_for"] = to_json(good_for(model));
  return out;
}

Json to_json(const std::vector<Error>& errors) {
  Json out = Json::array();
  for (const Error& error : errors) {
    out.push_back({{"code", to_string(error.code)}, {"message", error.message}, {"context", error.context}});
  }
  return out;
}

}  // namespace pxf
