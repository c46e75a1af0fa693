#include "service/queue.h"

#include <gmock/gmock.h>

#include <chrono>
#include <future>

#include "base/error.h"
#include "formats/temporary_folder.h"
#include "postgres_for_tests.h"

namespace pxf::test {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr std::int64_t kLong = 60'000;

enum class DatabaseKind : std::uint8_t { sqlite, postgres };

class QueueTest : public testing::TestWithParam<DatabaseKind> {
 protected:
  void SetUp() override {
    if (GetParam() == DatabaseKind::postgres && postgres_for_tests().empty())
      GTEST_SKIP() << "tests/cluster/run starts a PostgreSQL for it";
  }
  NewJob job_of(const std::string& owner, std::int64_t cost = 1, const std::string& checkpoint = "starter") const {
    NewJob job;
    job.owner = owner;
    job.checkpoint = checkpoint;
    job.request = "{}";
    job.cost = cost;
    return job;
  }
  std::string submit(const NewJob& job) { return queue.submit(job, 1000).id; }
  std::vector<std::string> owners_in_turn() {
    std::vector<std::string> owners;
    while (const auto job = queue.claim("w", "", kLong, 0)) owners.push_back(job->owner);
    return owners;
  }

  TemporaryFolder folder;
  SharedDatabase database{
      open_database(GetParam() == DatabaseKind::postgres ? empty_postgres() : std::string(), folder.path())};
  Queue queue{database};
};

INSTANTIATE_TEST_SUITE_P(Sqlite, QueueTest, testing::Values(DatabaseKind::sqlite));
INSTANTIATE_TEST_SUITE_P(Postgres, QueueTest, testing::Values(DatabaseKind::postgres));

TEST_P(QueueTest, OwnersTakeTurnsHoweverManyJobsEachHas) {
  for (int i = 0; i < 3; ++i) submit(job_of("ann"));
  for (int i = 0; i < 2; ++i) submit(job_of("bob"));
  EXPECT_THAT(owners_in_turn(), ElementsAre("ann", "bob", "ann", "bob", "ann"));
}

TEST_P(QueueTest, WhoAsksForMuchWaitsBehindWhoAsksForLittle) {
  for (int i = 0; i < 2; ++i) submit(job_of("large", 10));
  for (int i = 0; i < 3; ++i) submit(job_of("small", 1));
  EXPECT_THAT(owners_in_turn(), ElementsAre("large", "small", "small", "small", "large"));
}

TEST_P(QueueTest, WhoComesLaterDoesNotGoBeforeAllThatWaitBecauseItNeverAsked) {
  for (int i = 0; i < 50; ++i) submit(job_of("ann"));
  for (int i = 0; i < 30; ++i) queue.claim("w", "", kLong, 0);
  for (int i = 0; i < 2; ++i) submit(job_of("new"));
  EXPECT_EQ(queue.claim("w", "", kLong, 0)->owner, "new");
  EXPECT_EQ(queue.claim("w", "", kLong, 0)->owner, "ann");
}

TEST_P(QueueTest, AHigherPriorityGoesFirst) {
  submit(job_of("ann"));
  NewJob urgent = job_of("bob");
  urgent.priority = 1;
  submit(urgent);
  EXPECT_THAT(owners_in_turn(), ElementsAre("bob", "ann"));
}

TEST_P(QueueTest, JobsOfTheHeldCheckpointGoFirstAsLongAsNobodyWaitsTooLong) {
  submit(job_of("ann", 1, "other"));
  submit(job_of("bob", 1, "held"));
  submit(job_of("eve", 1, "held"));
  EXPECT_EQ(queue.claim("w", "held", kLong, kLong)->owner, "bob");
  EXPECT_EQ(queue.claim("w", "held", kLong, -1)->owner, "ann");
}

TEST_P(QueueTest, PositionsCountTheJobsBefore) {
  const std::string first = submit(job_of("ann")), second = submit(job_of("bob"));
  EXPECT_EQ(queue.position(*queue.find(first)), 0);
  EXPECT_EQ(queue.position(*queue.find(second)), 1);
  EXPECT_THAT(queue.waiting(), ElementsAre(first, second));
}

TEST(SharedDatabase, WhoReadsDoesNotWaitForWhoWrites) {
  TemporaryFolder home;
  SharedDatabase database(open_sqlite(home.path() / "service.db"), open_sqlite(home.path() / "service.db"));
  database.at_once([&](Sql& sql) {
    sql.change("INSERT INTO clocks (owner, turn) VALUES ('ann', 1)");
    const auto read = std::async(std::launch::async, [&] {
      return database.look([](Sql& other) { return other.rows("SELECT turn FROM clocks"); }).size();
    });
    EXPECT_EQ(read.wait_for(std::chrono::seconds(2)), std::future_status::ready);
  });
}

TEST_P(QueueTest, PositionsOfSeveralAreThoseOfEach) {
  const std::string first = submit(job_of("ann")), second = submit(job_of("bob")), third = submit(job_of("eve"));
  queue.claim("w", "", kLong, kLong);
  EXPECT_THAT(queue.positions({*queue.find(third), *queue.find(first), *queue.find(second)}), ElementsAre(1, 0, 0));
}

TEST_P(QueueTest, TheSameKeyGivesTheSameJob) {
  NewJob job = job_of("ann");
  job.idempotency = "key";
  job.digest = "body";
  EXPECT_EQ(submit(job), submit(job));
  job.digest = "another body";
  EXPECT_THROW(submit(job), Failure);
  job.owner = "bob";
  submit(job);
  EXPECT_EQ(queue.counts().queued, 2);
}

TEST_P(QueueTest, AFullQueueTakesNoMore) {
  queue.submit(job_of("ann"), 1);
  EXPECT_THROW(queue.submit(job_of("bob"), 1), QueueFull);
}

TEST_P(QueueTest, AJobIsClaimedAndEndedOnce) {
  submit(job_of("ann"));
  const auto job = queue.claim("w", "", kLong, 0);
  EXPECT_FALSE(queue.claim("other", "", kLong, 0));
  EXPECT_TRUE(queue.finish(*job, JobState::done, {}));
  EXPECT_FALSE(queue.finish(*job, JobState::failed, Error{ErrorCode::io, "late", {}}));
  EXPECT_EQ(queue.find(job->id)->state, JobState::done);
}

TEST_P(QueueTest, AJobWhoseWorkerIsSilentIsTakenUpAgainAndTheWorkersLateResultIsRefused) {
  submit(job_of("ann"));
  const auto lost = queue.claim("dead", "", -1, 0);
  queue.take_back_orphans(3, false);
  const auto again = queue.claim("alive", "", kLong, 0);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->attempts, 2);
  EXPECT_FALSE(queue.renew(*lost, kLong));
  EXPECT_FALSE(queue.finish(*lost, JobState::done, {}));
  EXPECT_TRUE(queue.finish(*again, JobState::done, {}));
}

TEST_P(QueueTest, AJobThatKillsItsWorkersIsGivenUp) {
  const std::string id = submit(job_of("ann"));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(queue.claim("dead", "", -1, 0));
    queue.take_back_orphans(3, false);
  }
  EXPECT_EQ(queue.find(id)->state, JobState::failed);
  EXPECT_THAT(queue.find(id)->error, testing::HasSubstr("died 3 times"));
}

TEST_P(QueueTest, AJobThatWaitsIsCancelledAtOnceAndOneThatRunsIsAskedToStop) {
  const std::string first = submit(job_of("ann")), second = submit(job_of("bob"));
  queue.claim("w", "", kLong, 0);
  EXPECT_EQ(queue.cancel(second)->state, JobState::cancelled);
  EXPECT_EQ(queue.cancel(first)->state, JobState::running);
  EXPECT_TRUE(queue.is_cancelling(first));
  EXPECT_FALSE(queue.cancel("unknown"));
}

TEST_P(QueueTest, AListGoesOnWhereItsFirstPartEnded) {
  for (int i = 0; i < 5; ++i) submit(job_of("ann"));
  const auto first = queue.list({.limit = 3}), rest = queue.list({.before = first.next, .limit = 3});
  EXPECT_THAT(first.items, SizeIs(3));
  EXPECT_THAT(rest.items, SizeIs(2));
  EXPECT_EQ(rest.next, "");
  EXPECT_LT(rest.items[0].id, first.items[2].id);
}

}  // namespace
}  // namespace pxf::test
