// The folders that the settings of A1111 and ComfyUI name.
#include "library/model_folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "formats/temporary_folder.h"

namespace pxf::test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(ModelFolders, OfComfyUIsYaml) {
  const TemporaryFolder folder;
  ::setenv("PXF_TEST_MODELS", "/mnt/models", 1);
  folder.write("x.yaml", R"(# as ComfyUI's example
a1111:
    base_path: /opt/webui/
    checkpoints: models/Stable-diffusion
    loras: |
         models/Lora
         models/LyCORIS
comfyui:
    base_path: ${PXF_TEST_MODELS}
    is_default: true
    custom_nodes: nodes
    vae: vae/
other: {embeddings: here, loras: [/abs, there]}
nothing:
)");
  EXPECT_THAT(folders_of_yaml(folder / "x.yaml").value(),
              ElementsAre("/mnt/models/vae/", "/opt/webui/models/Stable-diffusion", "/opt/webui/models/Lora",
                          "/opt/webui/models/LyCORIS", folder / "here", "/abs", folder / "there"));
}

TEST(ModelFolders, OfTheCommandLineInA1111sScript) {
  constexpr const char* kScript = R"(#!/bin/bash
#export COMMANDLINE_ARGS="--ckpt-dir /not"
export COMMANDLINE_ARGS="--xformers --ckpt-dir '/my models/sd' --lora-dir=loras --ckpt-dir"
)";
  EXPECT_THAT(folders_of_command_line(kScript, "/webui"), ElementsAre("/my models/sd", "/webui/loras"));
}

TEST(ModelFolders, OfAWholeProgramWithWhatItsSettingsAdd) {
  const TemporaryFolder folder;
  folder.write("extra_model_paths.yaml", "x:\n  base_path: more\n  loras: l\n");
  folder.write("webui-user.sh", "COMMANDLINE_ARGS=--vae-dir /vae");
  EXPECT_THAT(model_folders(folder.path()).value(), ElementsAre(folder.path(), folder / "more/l", "/vae"));
  folder.write("extra_model_paths.yaml", "x: [");
  EXPECT_THAT(model_folders(folder.path()).error().text(), HasSubstr("extra_model_paths.yaml: YAML, line 2"));
}

}  // namespace
}  // namespace pxf::test
