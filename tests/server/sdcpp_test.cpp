#include "client_api.h"

namespace pxf::test {
namespace {

using testing::HasSubstr;

class SdCppTest : public ClientApiTest {
 protected:
  ClientJson small(int steps = 2) {
    return {{"prompt", "a red apple"},
            {"width", 64},
            {"height", 64},
            {"seed", 7},
            {"sample_params",
             {{"sample_steps", steps},
              {"sample_method", "euler_a"},
              {"scheduler", "karras"},
              {"guidance", {{"txt_cfg", 5}}}}}};
  }
  ClientJson ended(const std::string& address) {
    for (int tries = 0; tries < 2000; ++tries) {
      ClientJson job = told(get(address));
      if (job["status"] != "queued" && job["status"] != "generating") return job;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return {};
  }
};

TEST_F(SdCppTest, AJobIsPolledUntilItsPicturesAreThere) {
  ClientJson body = small();
  body.update(
      {{"batch_count", 2}, {"output_format", "jpeg"}, {"lora", {{{"path", "neon.safetensors"}, {"multiplier", 0.5}}}}});
  const Answer answer = post("/sdcpp/v1/img_gen", body);
  EXPECT_EQ(answer.status, 202);
  const ClientJson job = ended(told(answer)["poll_url"]);
  EXPECT_EQ(job["status"], "completed");
  EXPECT_EQ(job["result"]["output_format"], "jpeg");
  ASSERT_EQ(job["result"]["images"].size(), 2);
  EXPECT_EQ(picture_in(job["result"]["images"][1]["b64_json"]).width, 64);
  const ClientJson request = told(get("/v1/jobs/" + job["id"].get<std::string>()))["request"];
  EXPECT_EQ(request["loras"][0]["strength"], 0.5);
  EXPECT_EQ(request["sampler"], "euler_ancestral");
  EXPECT_EQ(request["scheduler"], "karras");
  EXPECT_EQ(request["cfg_scale"], 5);
}

TEST_F(SdCppTest, AJobIsCancelledOnce) {
  const std::string address = told(post("/sdcpp/v1/img_gen", small(9000)))["poll_url"];
  told(post(address + "/cancel"));
  const ClientJson job = ended(address);
  EXPECT_EQ(job["status"], "cancelled");
  EXPECT_EQ(job["error"]["code"], "cancelled");
  EXPECT_EQ(post(address + "/cancel").status, 409);
  EXPECT_EQ(get("/sdcpp/v1/jobs/none").status, 404);
}

TEST_F(SdCppTest, CapabilitiesNameWhatThereIs) {
  const ClientJson can = told(get("/sdcpp/v1/capabilities"));
  EXPECT_EQ(can["current_mode"], "img_gen");
  EXPECT_EQ(can["defaults_by_mode"]["img_gen"]["width"], told(get("/v1/models/starter"))["settings"]["width"]);
  EXPECT_TRUE(can["features_by_mode"]["img_gen"]["cancel_generating"]);
  for (const char* name : {"model", "samplers", "schedulers", "loras", "upscalers", "limits"}) {
    EXPECT_TRUE(can.contains(name)) << name;
  }
}

TEST_F(SdCppTest, MistakesAre400) {
  EXPECT_EQ(post("/sdcpp/v1/vid_gen", small()).status, 400);
  EXPECT_EQ(post("/sdcpp/v1/img_gen", {{"width", "wide"}}).status, 400);
  EXPECT_EQ(ask(port(), "POST", "/sdcpp/v1/img_gen").status, 400);
  EXPECT_EQ(post("/sdcpp/v1/img_gen", {{"prompt", "x"}, {"lora", {{{"path", "none"}}}}}).status, 400);
}

TEST_F(SdCppTest, PromptsOfOtherApisMayHoldItsFields) {
  const std::string prompt = R"(an <sd_cpp_extra_args>{"width":64,"height":64,"sample_params":{"sample_steps":3}})"
                             "</sd_cpp_extra_args>apple";
  const ClientJson answer = told(post("/sdapi/v1/txt2img", {{"prompt", prompt}}));
  EXPECT_THAT(answer["info"].get<std::string>(), HasSubstr("an apple\\nSteps: 3"));
  EXPECT_EQ(picture_in(answer["images"][0]).width, 64);
  EXPECT_EQ(post("/sdapi/v1/txt2img", {{"prompt", "<sd_cpp_extra_args>{"}}).status, 422);
}

}  // namespace
}  // namespace pxf::test
