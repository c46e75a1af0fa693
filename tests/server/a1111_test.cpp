#include <fstream>

#include "client_api.h"

namespace pxf::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class A1111Test : public ClientApiTest {
 protected:
  ClientJson small(ClientJson more = {}) {
    ClientJson body = {{"prompt", "a red apple"}, {"width", 64}, {"height", 64}, {"steps", 2}, {"seed", 7}};
    if (more.is_object()) body.update(more);
    return body;
  }
  /// The answer, and its "info" read.
  ClientJson txt2img(const ClientJson& more = {}) { return with_info(post("/sdapi/v1/txt2img", small(more))); }
  ClientJson img2img(const ClientJson& more) { return with_info(post("/sdapi/v1/img2img", small(more))); }
  ClientJson with_info(const Answer& answer) {
    ClientJson out = told(answer);
    out["info"] = ClientJson::parse(out["info"].get<std::string>());
    return out;
  }
  ClientJson options() { return told(get("/sdapi/v1/options")); }
};

TEST_F(A1111Test, TheSamePictureComesAsFromOurOwnApi) {
  const ClientJson answer = txt2img({{"negative_prompt", "blurry"}, {"cfg_scale", 5}, {"sampler_name", "Euler a"}});
  const ClientJson own = {{"prompt", "a red apple"},
                          {"negative", "blurry"},
                          {"cfg_scale", 5},
                          {"width", 64},
                          {"height", 64},
                          {"steps", 2},
                          {"seed", 7},
                          {"sampler", "Euler a"}};
  const std::string job = told(post("/v1/jobs", own))["id"];
  get("/v1/jobs/" + job + "/events");
  const std::string url = told(get("/v1/jobs/" + job))["images"][0]["url"];
  const std::string file = get(url).body;
  EXPECT_EQ(picture_in(answer["images"][0]).pixels, decode_image(std::as_bytes(std::span(file))).value().pixels);
}

TEST_F(A1111Test, InfoHasEveryFieldThatClientsRead) {
  const ClientJson info = txt2img({{"batch_size", 2}, {"n_iter", 2}})["info"];
  for (const char* name : {"prompt",
                           "all_prompts",
                           "negative_prompt",
                           "all_negative_prompts",
                           "seed",
                           "all_seeds",
                           "subseed",
                           "all_subseeds",
                           "subseed_strength",
                           "width",
                           "height",
                           "sampler_name",
                           "cfg_scale",
                           "steps",
                           "batch_size",
                           "restore_faces",
                           "face_restoration_model",
                           "sd_model_name",
                           "sd_model_hash",
                           "sd_vae_name",
                           "sd_vae_hash",
                           "seed_resize_from_w",
                           "seed_resize_from_h",
                           "denoising_strength",
                           "extra_generation_params",
                           "index_of_first_image",
                           "infotexts",
                           "styles",
                           "job_timestamp",
                           "clip_skip",
                           "is_using_inpainting_conditioning",
                           "version"}) {
    EXPECT_TRUE(info.contains(name)) << name;
  }
  EXPECT_EQ(info["all_seeds"], ClientJson({7, 8, 9, 10}));
  EXPECT_EQ(info["infotexts"].size(), 4);
  EXPECT_THAT(info["infotexts"][1].get<std::string>(), HasSubstr("Seed: 8"));
}

TEST_F(A1111Test, AnOldSamplersNameBringsItsSchedule) {
  const ClientJson info = txt2img({{"sampler_index", "DPM++ SDE Karras"}})["info"];
  EXPECT_EQ(info["sampler_name"], "DPM++ SDE");
  EXPECT_EQ(info["scheduler"], "Karras");
  EXPECT_EQ(txt2img({{"sampler_name", "DPM++ 2M SDE"}, {"scheduler", "Automatic"}})["info"]["scheduler"],
            "Exponential");
}

TEST_F(A1111Test, WhatIsNotSaidIsTheCheckpoints) {
  const ClientJson info = with_info(post("/sdapi/v1/txt2img", {{"prompt", "x"}, {"steps", 1}}))["info"];
  const ClientJson settings = told(get("/v1/models/starter"))["settings"];
  EXPECT_EQ(info["width"], settings["width"]);
  EXPECT_EQ(info["cfg_scale"], settings["cfg_scale"]);
  EXPECT_EQ(info["sampler_name"], settings["sampler_label"]);
}

TEST_F(A1111Test, TheCheckpointThatIsSetOutlivesTheServer) {
  const ClientJson models = told(get("/sdapi/v1/sd-models"));
  const ClientJson& pixel = models[1];
  for (const char* by : {"title", "model_name", "hash", "sha256"}) {
    told(post("/sdapi/v1/options", {{"sd_model_checkpoint", models[0]["title"]}}));
    told(post("/sdapi/v1/options", {{"sd_model_checkpoint", pixel[by]}}));
    EXPECT_EQ(options()["sd_model_checkpoint"], pixel["title"]) << by;
  }
  restart();
  EXPECT_EQ(txt2img()["info"]["sd_model_name"], pixel["model_name"]);
}

TEST_F(A1111Test, OverridesAreOfOneRequest) {
  const ClientJson other = txt2img({{"override_settings",
                                     {{"sd_model_checkpoint", "starter-pixel"},
                                      {"CLIP_stop_at_last_layers", 2},
                                      {"samples_format", "webp"},
                                      {"eta_noise_seed_delta", 31337},
                                      {"randn_source", "NV"}}}});
  const std::string text = other["info"]["infotexts"][0];
  EXPECT_THAT(text, HasSubstr("Clip skip: 2"));
  EXPECT_THAT(text, HasSubstr("ENSD: 31337"));
  EXPECT_THAT(text, Not(HasSubstr("RNG: CPU")));
  EXPECT_EQ(other["info"]["sd_model_name"], "starter-pixel");
  EXPECT_THAT(other["images"][0].get<std::string>(), testing::StartsWith("UklGR"));  // RIFF
  EXPECT_EQ(txt2img()["info"]["sd_model_name"], "starter");
}

TEST_F(A1111Test, HiresGoesByFactorOrToASize) {
  EXPECT_EQ(picture_in(txt2img({{"enable_hr", true}, {"hr_scale", 1.5}})["images"][0]).width, 96);
  const ClientJson latent = txt2img({{"enable_hr", true}, {"hr_upscaler", "Latent (nearest)"}});
  EXPECT_THAT(latent["info"]["infotexts"][0], HasSubstr("Hires upscaler: Latent (nearest)"));
  EXPECT_EQ(picture_in(txt2img({{"enable_hr", true}, {"hr_resize_x", 128}, {"hr_resize_y", 0}})["images"][0]).width,
            128);
}

TEST_F(A1111Test, WhatIsBlackInTheMaskStays) {
  const std::string init = picture_of_halves(64, 90, 160);
  const Image drawn = picture_in(img2img({{"init_images", {"data:image/png;base64," + init}},
                                          {"mask", picture_of_halves(64, 0, 255)},
                                          {"mask_blur", 0},
                                          {"inpainting_fill", 1},
                                          {"inpaint_full_res", false}})["images"][0]);
  const Image before = picture_in(init);
  EXPECT_TRUE(same_on_the_left(drawn, before));
  EXPECT_NE(drawn.pixels, before.pixels);
}

TEST_F(A1111Test, AMaskOfTransparencyIsMadeAnewWhereItIsOpaque) {
  const std::string init = picture_of_halves(64, 90, 160);
  const Image drawn = picture_in(img2img({{"init_images", {init}},
                                          {"mask", kTransparentOnTheRight},
                                          {"inpainting_mask_invert", 1},
                                          {"mask_blur", 0},
                                          {"inpaint_full_res", false}})["images"][0]);
  EXPECT_TRUE(same_on_the_left(drawn, picture_in(init)));
}

TEST_F(A1111Test, MaskSettingsAreA1111sWhereNothingIsSaid) {
  const std::string text = img2img({{"init_images", {picture_of_halves(64, 90, 160)}},
                                    {"mask", picture_of_halves(64, 0, 255)},
                                    {"denoising_strength", 0.5}})["info"]["infotexts"][0];
  for (const char* part : {"Masked content: fill", "Inpaint area: Only masked", "Masked area padding: 0",
                           "Mask blur: 4", "Denoising strength: 0.5"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST_F(A1111Test, APictureOfAnotherShapeIsStretchedOrCroppedOrFitted) {
  Picture wide;
  wide.image = {128, 64, std::vector<std::uint8_t>(128 * 64 * 3, 100)};
  std::vector<std::vector<std::uint8_t>> drawn;
  for (std::size_t i = 0; i < 128 * 64 * 3; i += 7) wide.image.pixels[i] = static_cast<std::uint8_t>(i % 251);
  for (const int mode : {0, 1, 2}) {
    const ClientJson answer = img2img(
        {{"init_images", {base64(encode_png(wide).value())}}, {"resize_mode", mode}, {"denoising_strength", 0}});
    drawn.push_back(picture_in(answer["images"][0]).pixels);
    EXPECT_EQ(drawn.back().size(), 64 * 64 * 3);
  }
  EXPECT_NE(drawn[0], drawn[1]);
  EXPECT_NE(drawn[1], drawn[2]);
}

TEST_F(A1111Test, ProgressIsToldAndAnInterruptedRequestIsAnswered) {
  Answer answer;
  std::thread client([&] { answer = post("/sdapi/v1/txt2img", small({{"steps", 9000}, {"force_task_id", "mine"}})); });
  ClientJson progress;
  for (int tries = 0; tries < 500; ++tries) {
    progress = told(get("/sdapi/v1/progress"));
    if (progress["state"]["sampling_step"] > 0 && progress["current_image"].is_string()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(told(post("/internal/progress", {{"id_task", "mine"}}))["active"], true);
  EXPECT_EQ(told(get("/sdapi/v1/progress?skip_current_image=true"))["current_image"], nullptr);
  told(post("/sdapi/v1/interrupt"));
  client.join();
  EXPECT_EQ(progress["state"]["sampling_steps"], 9000);
  EXPECT_GT(progress["progress"], 0);
  EXPECT_GT(picture_in(progress["current_image"]).width, 0);
  EXPECT_EQ(told(answer)["images"].size(), 0);
  EXPECT_EQ(told(post("/internal/progress", {{"id_task", "mine"}}))["completed"], true);
}

TEST_F(A1111Test, AClientThatGoesAwayKeepsItsPicture) {
  {
    Connection gone(port());
    const std::string body = small({{"steps", 20}}).dump();
    gone.send(fmt::format("POST /sdapi/v1/txt2img HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{}",
                          body.size(), body));
    for (int tries = 0; tries < 500 && told(get("/v1/jobs"))["data"].empty(); ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const std::string id = told(get("/v1/jobs"))["data"][0]["id"];
  get("/v1/jobs/" + id + "/events");
  EXPECT_EQ(told(get("/v1/jobs/" + id))["images"].size(), 1);
}

TEST_F(A1111Test, WhoeverWaitsIsAnsweredWhenTheServerStops) {
  Answer answer;
  std::thread client([&] { answer = post("/sdapi/v1/txt2img", small({{"steps", 9000}})); });
  while (told(get("/sdapi/v1/progress"))["state"]["job_count"] == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const auto begin = std::chrono::steady_clock::now();
  server->stop();
  client.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
  EXPECT_EQ(answer.status, 503);
}

TEST_F(A1111Test, WhatIsNotFollowedIsTold) {
  const ClientJson info = txt2img({{"alwayson_scripts", {{"ADetailer", {{"args", {true}}}}}},
                                   {"script_name", "x/y/z plot"},
                                   {"styles", {"no such style"}},
                                   {"override_settings", {{"unknown_setting", 1}}}})["info"];
  const std::string told_of = info["extra_generation_params"].value("Not followed", "");
  for (const char* name : {"alwayson_scripts", "script_name", "no such style", "unknown_setting"}) {
    EXPECT_THAT(told_of, HasSubstr(name));
  }
  EXPECT_TRUE(txt2img()["info"]["extra_generation_params"].empty());
}

TEST_F(A1111Test, MetadataAreRead) {
  const ClientJson answer = txt2img();
  const ClientJson read = told(post("/sdapi/v1/png-info", {{"image", answer["images"][0]}}));
  EXPECT_EQ(read["info"], answer["info"]["infotexts"][0]);
  EXPECT_EQ(read["parameters"]["Seed"], "7");
  EXPECT_EQ(read["parameters"]["Prompt"], "a red apple");
}

TEST_F(A1111Test, PicturesAreEnlargedWithoutAModel) {
  const ClientJson body = {
      {"image", picture_of_halves(64, 90, 160)}, {"upscaler_1", "Lanczos"}, {"upscaling_resize", 3}};
  EXPECT_EQ(picture_in(told(post("/sdapi/v1/extra-single-image", body))["image"]).width, 192);
  EXPECT_EQ(post("/sdapi/v1/extra-single-image", {{"image", body["image"]}, {"upscaler_1", "R-ESRGAN 4x+"}}).status,
            422);
}

TEST_F(A1111Test, ErrorsHaveItsForm) {
  const Answer wrong = post("/sdapi/v1/txt2img", small({{"sampler_name", "Eulr"}}));
  EXPECT_EQ(wrong.status, 400);
  const ClientJson error = ClientJson::parse(wrong.body);
  for (const char* name : {"error", "detail", "body", "errors"}) EXPECT_TRUE(error.contains(name)) << name;
  EXPECT_THAT(error["detail"].get<std::string>(), HasSubstr("Sampler not found"));
  EXPECT_EQ(post("/sdapi/v1/txt2img", small({{"steps", "many"}})).status, 422);
  EXPECT_EQ(post("/sdapi/v1/txt2img", small({{"override_settings", 3}})).status, 422);
  EXPECT_EQ(post("/sdapi/v1/txt2img", ClientJson::array()).status, 422);
  EXPECT_EQ(post("/sdapi/v1/img2img", small()).status, 404);
  EXPECT_EQ(post("/sdapi/v1/img2img", small({{"init_images", {"http://127.0.0.1/a.png"}}})).status, 422);
  EXPECT_EQ(post("/sdapi/v1/options", {{"sd_model_checkpoint", "strter"}}).status, 422);
  const ClientJson vast = {{"init_images", {picture_of_halves(64, 90, 160)}}, {"width", 2000000}, {"height", 2000000}};
  EXPECT_EQ(post("/sdapi/v1/img2img", small(vast)).status, 422);
  EXPECT_EQ(post("/sdapi/v1/server-kill").status, 501);
}

TEST_F(A1111Test, ListsHaveTheFieldsThatClientsRead) {
  std::ofstream(home.path() / "styles.csv") << "name,prompt,negative_prompt\nNoir,\"{prompt}, noir\",colour\n";
  const std::map<std::string, std::vector<const char*>> lists = {
      {"samplers", {"name", "aliases", "options"}},
      {"schedulers", {"name", "label", "aliases", "default_rho", "need_inner_model"}},
      {"upscalers", {"name", "model_name", "model_path", "model_url", "scale"}},
      {"latent-upscale-modes", {"name"}},
      {"sd-models", {"title", "model_name", "hash", "sha256", "filename", "config"}},
      {"prompt-styles", {"name", "prompt", "negative_prompt"}},
      {"loras", {"name", "alias", "path", "metadata"}}};
  for (const auto& [list, fields] : lists) {
    const ClientJson items = told(get("/sdapi/v1/" + list));
    ASSERT_FALSE(items.empty()) << list;
    for (const char* field : fields) EXPECT_TRUE(items[0].contains(field)) << list << " " << field;
  }
  for (const char* list :
       {"sd-vae", "sd-modules", "hypernetworks", "face-restorers", "realesrgan-models", "script-info", "extensions"}) {
    EXPECT_TRUE(told(get(std::string("/sdapi/v1/") + list)).is_array()) << list;
  }
  for (const char* name : {"embeddings", "memory", "scripts", "cmd-flags", "options"}) {
    EXPECT_TRUE(told(get(std::string("/sdapi/v1/") + name)).is_object()) << name;
  }
}

// What SillyTavern's server sends for its "Stable Diffusion WebUI" source, in the order in which it does.
TEST_F(A1111Test, SillyTavernDraws) {
  for (const char* address : {"options", "samplers", "schedulers", "sd-models", "upscalers", "latent-upscale-modes",
                              "sd-vae", "sd-modules", "progress"}) {
    told(get(std::string("/sdapi/v1/") + address, "Authorization: Basic Og==\r\n"));
  }
  told(post("/sdapi/v1/options", {{"sd_model_checkpoint", told(get("/sdapi/v1/sd-models"))[0]["title"]}}));
  const ClientJson answer = with_info(
      post("/sdapi/v1/txt2img", {{"prompt", "best quality, a red apple"},
                                 {"negative_prompt", "lowres"},
                                 {"sampler_name", "Euler a"},
                                 {"scheduler", "normal"},
                                 {"steps", 2},
                                 {"cfg_scale", 7},
                                 {"width", 64},
                                 {"height", 64},
                                 {"restore_faces", false},
                                 {"enable_hr", false},
                                 {"hr_upscaler", "Latent"},
                                 {"hr_scale", 2},
                                 {"hr_additional_modules", ClientJson::array()},
                                 {"denoising_strength", 0.7},
                                 {"hr_second_pass_steps", 0},
                                 {"seed", -1},
                                 {"override_settings", {{"CLIP_stop_at_last_layers", 1}, {"sd_vae", "Automatic"}}},
                                 {"override_settings_restore_afterwards", true},
                                 {"clip_skip", 1},
                                 {"save_images", true},
                                 {"send_images", true},
                                 {"do_not_save_grid", false},
                                 {"do_not_save_samples", false}}));
  EXPECT_EQ(picture_in(answer["images"][0]).width, 64);
  EXPECT_TRUE(answer["info"]["extra_generation_params"].empty());
}

// What Open WebUI sends for its "automatic1111" engine.
TEST_F(A1111Test, OpenWebUiDraws) {
  const std::string model = told(get("/sdapi/v1/sd-models", "authorization: \r\n"))[1]["title"];
  ClientJson all = options();
  all["sd_model_checkpoint"] = model;
  told(post("/sdapi/v1/options", all));
  const ClientJson answer =
      with_info(post("/sdapi/v1/txt2img",
                     {{"prompt", "a red apple"}, {"batch_size", 1}, {"width", 64}, {"height", 64}, {"steps", 2}}));
  EXPECT_EQ(answer["info"]["sd_model_name"], "starter-pixel");
  EXPECT_EQ(answer["images"].size(), 1);
}

// Painting programs' plugins: a selection is sent as a mask, sizes may be 0, and fields null.
TEST_F(A1111Test, PaintingProgramsFillASelection) {
  const ClientJson answer = img2img({{"init_images", {picture_of_halves(64, 90, 160)}},
                                     {"mask", picture_of_halves(64, 0, 255)},
                                     {"width", 0},
                                     {"height", 0},
                                     {"resize_mode", 0},
                                     {"denoising_strength", nullptr},
                                     {"image_cfg_scale", 0},
                                     {"inpaint_full_res", 0},
                                     {"inpainting_fill", 1},
                                     {"mask_blur", 4},
                                     {"include_init_images", false},
                                     {"sampler_name", "DPM++ 2M Karras"},
                                     {"alwayson_scripts", ClientJson::object()}});
  EXPECT_EQ(answer["images"].size(), 1);
  EXPECT_EQ(answer["parameters"]["init_images"], nullptr);
}

}  // namespace
}  // namespace pxf::test
