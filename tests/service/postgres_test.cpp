#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/error.h"
#include "postgres_for_tests.h"
#include "service/account_store.h"
#include "service/queue.h"
#include "service_test_support.h"

namespace pxf::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

template <class Work>
std::string error_text_of(const Work& work) {
  try {
    work();
  } catch (const Failure& failure) {
    return failure.error().text();
  }
  return "";
}

/// As a network does that fails: all connections, or those whose last statement was like this.
void cut_connections(const std::string& address, const std::string& like = "%") {
  PostgresConnection(address).run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = "
      "'client backend' AND query LIKE $1",
      {like});
}

class PostgresTest : public testing::Test {
 protected:
  void SetUp() override {
    if (address.empty()) GTEST_SKIP() << "tests/cluster/run starts a PostgreSQL for it";
  }
  NewJob job_of(const std::string& owner) const {
    NewJob job;
    job.owner = owner;
    job.checkpoint = "starter";
    job.request = "{}";
    return job;
  }
  std::unique_ptr<Service> process(bool draws) {
    return std::make_unique<Service>(engine, ServiceOptions{.home = home.path(), .database = address, .draws = draws});
  }

  const std::string address = empty_postgres();
  TemporaryFolder home;
  Engine engine;
};

TEST_F(PostgresTest, WorkersThatAskAtOnceAreGivenEachJobOnce) {
  SharedDatabase database{open_postgres(address)};
  Queue queue{database};
  constexpr int kJobs = 60;
  for (int i = 0; i < kJobs; ++i) queue.submit(job_of("ann"), 1000);
  std::mutex mutex;
  std::vector<std::string> taken;
  std::vector<std::thread> workers;
  for (int w = 0; w < 4; ++w) {
    workers.emplace_back([&, w] {
      SharedDatabase own{open_postgres(address)};
      Queue own_queue{own};
      while (const auto job = own_queue.claim(std::to_string(w), "", 60'000, 0)) {
        std::lock_guard lock(mutex);
        taken.push_back(job->id);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  std::ranges::sort(taken);
  EXPECT_THAT(taken, SizeIs(kJobs));
  EXPECT_EQ(std::ranges::adjacent_find(taken), taken.end());
}

TEST_F(PostgresTest, ServersThatTakeJobsAtOnceGiveNoMoreThanADaysAllowance) {
  { const auto tables = open_postgres(address); }
  std::atomic<int> accepted = 0;
  std::vector<std::thread> servers;
  for (int s = 0; s < 4; ++s) {
    servers.emplace_back([&] {
      SharedDatabase own{open_postgres(address)};
      Queue queue{own};
      for (int i = 0; i < 10; ++i) {
        NewJob job = job_of("ann");
        job.charges = {{"account:ann", 25, 1}};
        try {
          queue.submit(job, 1000);
          ++accepted;
        } catch (const LimitReached&) {
        }
      }
    });
  }
  for (std::thread& server : servers) server.join();
  EXPECT_EQ(accepted, 25);
}

TEST_F(PostgresTest, AConnectionThatWasCutIsMadeAnew) {
  SharedDatabase database{open_postgres(address)};
  Queue queue{database};
  const std::string id = queue.submit(job_of("ann"), 1000).id;
  cut_connections(address);
  EXPECT_TRUE(queue.find(id));
  cut_connections(address);
  EXPECT_TRUE(queue.claim("w", "", 60'000, 0));
}

TEST_F(PostgresTest, ATransactionWhoseConnectionIsCutChangesNothing) {
  const auto sql = open_postgres(address);
  EXPECT_THROW(
      {
        SqlTransaction all(*sql);
        sql->change("INSERT INTO settings (name, value) VALUES ('half', 'done')");
        cut_connections(address);
        sql->change("INSERT INTO settings (name, value) VALUES ('other half', 'done')");
        all.commit();
      },
      Failure);
  EXPECT_THAT(sql->rows("SELECT name FROM settings"), SizeIs(0));
}

TEST_F(PostgresTest, ADatabaseOfANewerProgramIsRefused) {
  { const auto tables = open_postgres(address); }
  PostgresConnection(address).run("UPDATE schema_version SET version = 99");
  EXPECT_THAT(error_text_of([&] { open_postgres(address); }), HasSubstr("newer pixelforge: got schema 99"));
}

TEST_F(PostgresTest, TextThatItCannotKeepShowsItsFaults) {
  const auto sql = open_postgres(address);
  sql->change("INSERT INTO settings (name, value) VALUES ($1, $2)", {"a", std::string("x\0y\xffz\xc3\xa4", 7)});
  EXPECT_EQ(sql->rows("SELECT value FROM settings")[0][0].text(), "x\xef\xbf\xbdy\xef\xbf\xbdz\xc3\xa4");
}

TEST_F(PostgresTest, AJobIsDrawnByAnotherProcessAndItsEventsCome) {
  const auto server = process(false), worker = process(true);
  JobRequest request = small_request("a red apple", 40);
  request.preview = true;
  std::mutex mutex;
  std::vector<std::string> names;
  const Job job = server->submit({}, request);
  const auto listening = server->events().subscribe(job.id, [&](const auto& event) {
    std::lock_guard lock(mutex);
    names.push_back(event->name);
  });
  const auto came = [&](const std::string& name) {
    return eventually([&] {
      std::lock_guard lock(mutex);
      return std::ranges::find(names, name) != names.end();
    });
  };
  for (const char* name : {"started", "step", "image", "done"}) EXPECT_TRUE(came(name)) << name;
  EXPECT_THAT(server->pictures().of_job(job.id), SizeIs(1));
}

TEST_F(PostgresTest, AJobThatAnotherProcessDrawsIsToldOfAndCancelled) {
  const auto server = process(false), worker = process(true);
  const Job job = server->submit({}, small_request("a red apple", 10'000));
  ASSERT_TRUE(eventually([&] { return server->live_job(job.id) && server->live_job(job.id)->progress.step > 0; }));
  EXPECT_EQ(server->describe(*server->queue().find(job.id))["progress"]["steps"], 10'000);
  server->cancel(job.id);
  EXPECT_TRUE(eventually([&] { return server->queue().find(job.id)->state == JobState::cancelled; }));
  EXPECT_TRUE(eventually([&] { return !server->live_job(job.id); }));
}

TEST_F(PostgresTest, EventsThatWereLostWithTheConnectionAreMadeUpFor) {
  const auto server = process(false), worker = process(true);
  std::atomic<bool> ended = false;
  const Job job = server->submit({}, small_request("a red apple", 100));
  const auto listening =
      server->events().subscribe(job.id, [&](const auto& event) { ended = ended || event->name == "done"; });
  for (const char* like : {"%LISTEN%", "%pg_notify%"}) cut_connections(address, like);
  EXPECT_TRUE(eventually([&] { return ended.load(); }));
}

TEST_F(PostgresTest, AJobIsDrawnAgainWhenTheDatabaseWasGoneAtItsEnd) {
  Service worker(engine, ServiceOptions{.home = home.path(), .database = address, .worker = {.lease = 1000}});
  const auto server = process(false);
  const Job job = server->submit({}, small_request("a red apple", 300));
  ASSERT_TRUE(eventually([&] { return server->queue().find(job.id)->state == JobState::running; }));
  PostgresConnection elsewhere(std::string(address).replace(address.find("/postgres?"), 10, "/template1?"));
  elsewhere.run("ALTER DATABASE postgres ALLOW_CONNECTIONS false");
  elsewhere.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'postgres'");
  ASSERT_TRUE(eventually([&] { return worker.live().empty(); }));
  EXPECT_THROW(server->queue().find(job.id), DatabaseLost);
  elsewhere.run("ALTER DATABASE postgres ALLOW_CONNECTIONS true");
  ASSERT_TRUE(eventually([&] { return has_ended(server->queue().find(job.id)->state); }));
  EXPECT_EQ(server->queue().find(job.id)->state, JobState::done);
  EXPECT_EQ(server->queue().find(job.id)->attempts, 2);
}

TEST(PostgresAddress, ThatIsNoneIsRefusedWithoutRepeatingItsPassword) {
  for (const char* address : {"postgres://ann:hush@host:port/db", "postgres://ann:x@hush@host/db",
                              "postgres://ann:hush/x@host/db", "mysql://ann:hush@host/db", "host=x password=hush"}) {
    const std::string error = error_text_of([&] { open_postgres(address); });
    EXPECT_THAT(error, HasSubstr("need postgres://")) << address;
    EXPECT_THAT(error, Not(HasSubstr("hush")));
  }
}

TEST(PostgresAddress, ThatNobodyAnswersAtIsToldWithoutItsPassword) {
  const std::string error = error_text_of([] { open_postgres("postgres://ann:hush@127.0.0.1:1/pictures"); });
  EXPECT_THAT(error, HasSubstr("PostgreSQL at 127.0.0.1, database pictures"));
  EXPECT_THAT(error, Not(HasSubstr("hush")));
}

}  // namespace
}  // namespace pxf::test
