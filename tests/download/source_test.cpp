// What people name, and what the sites say of it.
#include "download/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "download/answers.h"

namespace pxf::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Sites usual_sites() { return {parse_url("https://huggingface.co").value(), parse_url("https://civitai.com").value()}; }

std::string read(const std::string& text) {
  const Result<ModelSource> source = parse_source(text, usual_sites());
  if (!source) return to_string(source.error().code);
  if (const auto* hf = std::get_if<HuggingFaceSource>(&source.value()))
    return fmt::format("hf {} {} {}", hf->repo, hf->revision, hf->file);
  if (const auto* c = std::get_if<CivitaiSource>(&source.value()))
    return fmt::format("civitai {}@{} {}{}", c->model, c->version, c->file, c->link);
  return std::get<Url>(source.value()).text;
}

TEST(Source, FormsAndPagesAreUnderstood) {
  for (const auto& [text, meant] : std::map<std::string, std::string>{
           {"hf:org/repo", "hf org/repo main "},
           {"hf:org/repo@v1.1:sub/a b.safetensors", "hf org/repo v1.1 sub/a b.safetensors"},
           {"https://huggingface.co/org/repo", "hf org/repo main "},
           {"https://hf.co/org/repo/tree/dev", "hf org/repo dev "},
           {"https://huggingface.co/org/repo/blob/main/x/a%20b.safetensors", "hf org/repo main x/a b.safetensors"},
           {"https://huggingface.co/org/repo/resolve/refs%2Fpr%2F1/a.ckpt?download=true",
            "hf org/repo refs/pr/1 a.ckpt"},
           {"https://huggingface.co/datasets/o/r/resolve/main/a.gguf",
            "https://huggingface.co/datasets/o/r/resolve/main/a.gguf"},
           {"civitai:25", "civitai 0@25 "},
           {"civitai:7@25:b.safetensors", "civitai 7@25 b.safetensors"},
           {"urn:air:sdxl:checkpoint:civitai:827184@2514310.safetensors", "civitai 827184@2514310 "},
           {"https://civitai.com/models/7/some-name", "civitai 7@0 "},
           {"https://civitai.com/models/7/some-name?modelVersionId=25#x", "civitai 7@25 "},
           {"https://civitai.com/api/download/models/25?token=secret", "civitai 0@25 "},
           {"https://civitai.com/api/download/models/25?type=VAE&token=s",
            "civitai 0@25 /api/download/models/25?type=VAE"},
           {"https://example.com/a.safetensors", "https://example.com/a.safetensors"},
       }) {
    EXPECT_EQ(read(text), meant) << text;
  }
}

TEST(Source, OthersAreRefused) {
  for (const char* text :
       {"", "dream.safetensors", "hf:", "hf:a/b/c", "hf:org/../x", "hf:org/repo:../x", "hf:org/re po",
        "civitai:", "civitai:x", "civitai:7@", "civitai:@7", "urn:air:sdxl:lora:huggingface:a", "ftp://example.com/a",
        "https://", "https://u:p@example.com/", "https://huggingface.co/org/repo/tree/main/sub",
        "https://huggingface.co/org/repo/blob/main/%2e%2e/x"}) {
    EXPECT_EQ(read(text), "invalid_argument") << text;
  }
}

TEST(Source, AddressesInMessagesKeepTheirSecrets) {
  EXPECT_EQ(parse_url("https://Example.com:443/a/b?sig=secret#x").value().shown(), "https://example.com/a/b");
  EXPECT_EQ(parse_url("http://[::1]:81/a?b").value().shown(), "http://[::1]:81/a");
}

std::string chosen(const std::vector<std::string>& names) {
  std::vector<OfferedFile> files;
  for (const std::string& name : names) files.push_back({name, 0, {}, {}});
  const auto file = choose_file(files, HuggingFaceSource{"org/repo", "main", ""});
  return file ? file.value().name : file.error().message;
}

TEST(Source, TheOneCheckpointOfARepositoryIsChosen) {
  EXPECT_EQ(
      chosen({"README.md", "a.ckpt", "a.safetensors", "model_index.json", "unet/diffusion_pytorch_model.safetensors"}),
      "a.safetensors");
  EXPECT_EQ(chosen({"a.ckpt"}), "a.ckpt");
  EXPECT_EQ(chosen({"sub/a.safetensors"}), "sub/a.safetensors");
  EXPECT_THAT(
      chosen({"b.safetensors", "a.safetensors"}),
      AllOf(HasSubstr("has 2 model files"), HasSubstr("hf:org/repo:FILE"), HasSubstr("a.safetensors, b.safetensors")));
  EXPECT_THAT(chosen({"model_index.json", "unet/a.safetensors", "vae/b.safetensors"}),
              AllOf(HasSubstr("is a folder of diffusers"), HasSubstr("unet/a.safetensors, vae/b.safetensors")));
  EXPECT_THAT(chosen({"README.md"}), HasSubstr("has no model file"));
  EXPECT_THAT(chosen({"a-00001-of-00002.safetensors", "a-00002-of-00002.safetensors"}), HasSubstr("has 2 model files"));
}

TEST(Source, AVersionsFileIsThePrimaryOrTheNamedOne) {
  const std::string sha256(64, 'A');
  const auto files = version_files(R"({"modelId": 7, "files": [
      {"name": "vae.pt", "downloadUrl": "https://civitai.com/api/download/models/25?type=VAE"},
      {"name": "a.safetensors", "primary": true, "downloadUrl": "https://civitai.com/api/download/models/25", "hashes": {"SHA256": ")" +
                                   sha256 + R"("}},
      {"name": 3}, 4]})")
                         .value();
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(choose_file(files, CivitaiSource{0, 25, "", ""}).value().sha256, std::string(64, 'a'));
  EXPECT_EQ(choose_file(files, CivitaiSource{0, 25, "vae.pt", ""}).value().name, "vae.pt");
  EXPECT_EQ(choose_file(files, CivitaiSource{0, 25, "", "/api/download/models/25?type=VAE"}).value().name, "vae.pt");
  EXPECT_THAT(choose_file(files, CivitaiSource{0, 25, "x", ""}).error().message, HasSubstr("a.safetensors, vae.pt"));
}

TEST(Source, AnswersThatAreNoneAreRefused) {
  for (const char* text : {"", "[]", "{}", "<html>", R"({"files": 1, "siblings": {}})", "{\"files\""}) {
    EXPECT_FALSE(version_files(text)) << text;
    EXPECT_FALSE(repository_files(text)) << text;
    EXPECT_FALSE(newest_version(text)) << text;
    EXPECT_EQ(with_model(text, "{}").substr(0, 1), std::string(text).substr(0, 1));
  }
}

}  // namespace
}  // namespace pxf::test
