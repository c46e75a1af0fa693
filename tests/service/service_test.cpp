#include "service/service.h"

#include <gmock/gmock.h>

#include <mutex>

#include "base/base64.h"
#include "base/error.h"
#include "service_test_support.h"

namespace pxf::test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class ServiceTest : public testing::Test {
 protected:
  void SetUp() override { start(); }
  void start() { service = std::make_unique<Service>(engine, ServiceOptions{.home = home.path()}); }
  bool ends(const std::string& id) {
    return eventually([&] { return has_ended(service->queue().find(id)->state); });
  }
  std::string error_of(const JobRequest& request) {
    try {
      service->submit({}, request);
    } catch (const Failure& failure) {
      return failure.error().text();
    }
    return "";
  }

  TemporaryFolder home;
  Engine engine;
  std::unique_ptr<Service> service;
};

TEST_F(ServiceTest, AJobsPicturesAreThoseThatTheEngineDraws) {
  JobRequest request = small_request();
  request.request.count = 2;
  const Job job = service->submit({}, request);
  ASSERT_TRUE(ends(job.id));
  const auto pictures = service->pictures().of_job(job.id);
  ASSERT_THAT(pictures, SizeIs(2));
  const Checkpoint checkpoint = engine.open("starter").value();
  const auto drawn = engine.generate(checkpoint, request.request).value();
  for (std::size_t i = 0; i < 2; ++i) {
    const StoredBytes file = service->pictures().file(pictures[i]);
    EXPECT_EQ(decode_image(file.bytes).value().pixels, drawn[i].image.pixels);
    EXPECT_EQ(read_recipe(file.bytes).value().request.seed, 7 + i);
  }
}

TEST_F(ServiceTest, WhatIsNoRequestIsToldAtOnce) {
  JobRequest request = small_request();
  request.request.sampler = "eulr";
  EXPECT_THAT(error_of(request), HasSubstr("did you mean \"euler\""));
  request = small_request();
  request.init = "no picture";
  EXPECT_THAT(error_of(request), HasSubstr("init: "));
  request.init = base64(std::as_bytes(std::span(std::string_view("GIF89a"))));
  EXPECT_THAT(error_of(request), HasSubstr("init: "));
  EXPECT_EQ(service->queue().counts().queued, 0);
}

TEST_F(ServiceTest, WhatThePolicyRefusesIsNeitherQueuedNorKept) {
  service.reset();
  const char* program = "grep -qE '\"prompt\":\"a (cat|dog)\"' || exit 0; echo no pets; exit 1";
  service = std::make_unique<Service>(engine, ServiceOptions{.home = home.path(), .policy = {.command = program}});
  EXPECT_EQ(error_of(small_request("a cat")), "prompt: this server's policy refuses it: no pets");
  EXPECT_EQ(service->queue().counts().queued, 0);
  EXPECT_EQ(error_of(small_request("a fox")), "");
  // What a prompt turns out to be shows with the picture.
  const Job job = service->submit({}, small_request("a {dog|dog}"));
  ASSERT_TRUE(ends(job.id));
  EXPECT_EQ(service->queue().find(job.id)->state, JobState::failed);
  EXPECT_TRUE(service->pictures().of_job(job.id).empty());
}

TEST_F(ServiceTest, OldPicturesGoUnlessTheyAreFavourites) {
  JobRequest request = small_request();
  request.request.count = 2;
  const Job job = service->submit({}, request);
  ASSERT_TRUE(ends(job.id));
  const auto drawn = service->pictures().of_job(job.id);
  service->pictures().set_favourite(drawn[0].id, true);
  EXPECT_EQ(service->pictures().remove_older(drawn[0].created), 0);
  EXPECT_EQ(service->pictures().remove_older(drawn[1].created + 1), 1);
  const auto left = service->pictures().of_job(job.id);
  ASSERT_THAT(left, SizeIs(1));
  EXPECT_EQ(left[0].id, drawn[0].id);
  EXPECT_THROW(service->pictures().file(drawn[1]), Failure);
}

TEST_F(ServiceTest, APictureThatWasDrawnMayBeTheBeginningOfAnother) {
  const Job first = service->submit({}, small_request());
  ASSERT_TRUE(ends(first.id));
  JobRequest request = small_request("a blue star", 4);
  request.init = service->pictures().of_job(first.id).at(0).id;
  request.request.strength = 0.5;
  const Job second = service->submit({}, request);
  ASSERT_TRUE(ends(second.id));
  EXPECT_THAT(service->pictures().of_job(second.id).at(0).parameters, HasSubstr("Denoising strength: 0.5"));
}

TEST_F(ServiceTest, AJobBrokenOffByTheEndOfItsServerIsGoneOnWith) {
  JobRequest request = small_request();
  request.request.count = 6;
  const Job job = service->submit({}, request);
  ASSERT_TRUE(eventually([&] { return service->pictures().of_job(job.id).size() >= 2; }));
  service.reset();
  start();
  ASSERT_TRUE(ends(job.id));
  EXPECT_EQ(service->queue().find(job.id)->state, JobState::done);
  const auto pictures = service->pictures().of_job(job.id);
  ASSERT_THAT(pictures, SizeIs(6));
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(pictures[i].seed, 7 + i);
}

TEST_F(ServiceTest, ARunningJobStopsWithinItsStepsWhenItIsCancelled) {
  const Job job = service->submit({}, small_request("a red apple", 5000));
  ASSERT_TRUE(eventually([&] { return service->live_job(job.id) && service->live_job(job.id)->progress.step > 0; }));
  service->cancel(job.id);
  ASSERT_TRUE(ends(job.id));
  EXPECT_EQ(service->queue().find(job.id)->state, JobState::cancelled);
}

TEST_F(ServiceTest, APositionIsToldWhenItHasChangedAndNotAgain) {
  const std::string running = service->submit({}, small_request("a", 5000)).id;
  const std::string first = service->submit({}, small_request("b")).id;
  const std::string second = service->submit({}, small_request("c")).id;
  std::mutex mutex;
  std::vector<std::string> told;
  const auto reader = service->events().subscribe(second, [&](const auto& event) {
    std::lock_guard lock(mutex);
    told.push_back(event->data);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));  // two looks at least
  service->cancel(first);
  const auto has_moved = [&] {
    std::lock_guard lock(mutex);
    return !told.empty() && told.back().find("0") != std::string::npos;
  };
  EXPECT_TRUE(eventually(has_moved));
  std::lock_guard lock(mutex);
  EXPECT_THAT(told, testing::ElementsAre(testing::HasSubstr("1"), testing::HasSubstr("0")));
  service->cancel(running);
}

TEST_F(ServiceTest, TwoProcessesDoNotServeFromOneHome) {
  Engine other;
  EXPECT_THROW(Service(other, ServiceOptions{.home = home.path()}), Failure);
}

TEST_F(ServiceTest, ARemovedPictureIsGoneWithItsFiles) {
  const Job job = service->submit({}, small_request());
  ASSERT_TRUE(ends(job.id));
  const StoredPicture picture = service->pictures().of_job(job.id).at(0);
  service->pictures().remove(picture);
  EXPECT_FALSE(service->pictures().find(picture.id));
  EXPECT_THROW(service->pictures().file(picture), Failure);
  EXPECT_THROW(service->pictures().thumbnail(picture), Failure);
}

TEST(Base64, IsReadAsClientsWriteIt) {
  const auto text_of = [](std::string_view encoded) {
    const auto bytes = bytes_of_base64(encoded);
    return bytes ? std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()) : std::string("none");
  };
  EXPECT_EQ(text_of("aGk="), "hi");
  EXPECT_EQ(text_of("aGk"), "hi");
  EXPECT_EQ(text_of("aG\r\nk=\n"), "hi");
  EXPECT_EQ(text_of("_-8"), "\xff\xef");
  EXPECT_EQ(text_of(""), "");
  EXPECT_EQ(text_of("a"), "none");
  EXPECT_EQ(text_of("a*k="), "none");
  EXPECT_EQ(without_data_prefix("data:image/png;base64,aGk="), "aGk=");
}

}  // namespace
}  // namespace pxf::test
