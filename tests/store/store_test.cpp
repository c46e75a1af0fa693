#include "store/store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <fstream>
#include <thread>

#include "formats/temporary_folder.h"
#include "store/file_hash.h"
#include "store/schema.h"

namespace pxf::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

Record linked(const std::string& name, const std::string& path) {
  Record record;
  record.name = name;
  record.path = path;
  return record;
}

/// Adds a file's bytes; gives the name it got.
Result<Store::Added> add_blob(Store& store, const fs::path& file, const std::string& name,
                              Staging how = Staging::copy) {
  const Result<StagedBlob> staged = store.blobs().stage(file, how, nullptr);
  if (!staged) return staged.error();
  Record record;
  record.name = name;
  record.blob = staged.value().sha256();
  return store.add(record, {}, &staged.value(), Store::Naming::as_it_comes);
}

TEST(Store, NothingIsCreatedByLooking) {
  const TemporaryFolder folder;
  Store store(folder / "home");
  EXPECT_THAT(store.list().value(), IsEmpty());
  EXPECT_FALSE(store.find("a").value());
  EXPECT_EQ(store.check().value(), "");
  EXPECT_EQ(store.sweep().value().blobs, 0);
  EXPECT_FALSE(fs::exists(folder / "home"));
}

TEST(Store, NamesAreMadeUniqueWhateverTheirCase) {
  const TemporaryFolder folder;
  Store store(folder.path());
  const auto add = [&](const char* name, const char* path) {
    return store.add(linked(name, path), {}, nullptr, Store::Naming::as_it_comes).value().record.name;
  };
  EXPECT_EQ(add("a", "/1"), "a");
  EXPECT_EQ(add("A", "/2"), "A-2");
  EXPECT_EQ(add("a", "/3"), "a-3");
  EXPECT_EQ(store.find("A-2").value()->path, "/2");
  const auto taken = store.add(linked("a", "/4"), {}, nullptr, Store::Naming::exactly);
  EXPECT_THAT(taken.error().message, HasSubstr("is taken"));
}

TEST(Store, WhatWasTunedFollowsARenameAndGoesWithItsModel) {
  const TemporaryFolder folder;
  Store store(folder.path());
  ASSERT_TRUE(store.add(linked("a", "/1"), {}, nullptr, Store::Naming::exactly));
  EXPECT_FALSE(store.tuned("a").value());
  ASSERT_TRUE(store.save_tuned("a", "{}"));
  ASSERT_TRUE(store.rename("a", "B"));
  EXPECT_FALSE(store.tuned("a").value());
  EXPECT_EQ(store.tuned("b").value(), "{}");
  ASSERT_TRUE(store.remove("b"));
  EXPECT_FALSE(store.tuned("b").value());
  ASSERT_TRUE(store.save_tuned("in the program", "{}"));
  EXPECT_TRUE(store.forget_tuned("in the program").value());
  EXPECT_FALSE(store.forget_tuned("in the program").value());
}

TEST(Store, ALibraryFromBeforeTuningTakesWhatIsTuned) {
  const TemporaryFolder folder;
  Database::for_writing(folder / "library.db", std::span(kMigrations).first(2));
  Store store(folder.path());
  EXPECT_FALSE(store.tuned("a").value());
  ASSERT_TRUE(store.save_tuned("a", "{}"));
  EXPECT_EQ(store.tuned("a").value(), "{}");
}

TEST(Store, ABlobIsKeptOnceForAllItsNamesAndGoesWithTheLast) {
  const TemporaryFolder folder;
  folder.write("file", "bytes");
  Store store(folder / "home");
  const Record first = add_blob(store, folder / "file", "a").value().record;
  EXPECT_EQ(first.blob, sha256_of_file(folder / "file", nullptr).value());
  EXPECT_FALSE(add_blob(store, folder / "file", "b").value().is_new);
  Record second = first;
  second.name = "b";
  const auto staged = store.blobs().stage(folder / "file", Staging::copy, nullptr);
  ASSERT_TRUE(store.add(second, {}, &staged.value(), Store::Naming::exactly));
  EXPECT_EQ(store.blobs().all().value().size(), 1u);
  EXPECT_EQ(store.remove("a").value(), 0u);
  EXPECT_TRUE(fs::exists(store.blobs().path_of(first.blob)));
  EXPECT_EQ(store.remove("b").value(), 5u);
  EXPECT_FALSE(fs::exists(store.blobs().path_of(first.blob)));
}

TEST(Store, ImportingAgainMendsADamagedBlob) {
  const TemporaryFolder folder;
  folder.write("file", "bytes");
  Store store(folder / "home");
  const fs::path blob = store.file_of(add_blob(store, folder / "file", "a").value().record);
  fs::permissions(blob, fs::perms::owner_write, fs::perm_options::add);
  std::ofstream(blob) << "wrong";
  ASSERT_TRUE(add_blob(store, folder / "file", "a"));
  EXPECT_EQ(sha256_of_file(blob, nullptr).value(), blob.filename());
}

TEST(Store, MovingOnOneFileSystemTakesNoSecondCopy) {
  const TemporaryFolder folder;
  folder.write("file", "bytes");
  Store store(folder / "home");
  const Record record = add_blob(store, folder / "file", "a", Staging::hard_link).value().record;
  EXPECT_TRUE(fs::equivalent(store.file_of(record), folder / "file"));
  EXPECT_THAT(fs::is_empty(folder / "home/blobs/aside"), true);
}

TEST(Store, AnImportThatIsGivenUpLeavesNothing) {
  const TemporaryFolder folder;
  folder.write("file", "bytes");
  Store store(folder / "home");
  { const auto staged = store.blobs().stage(folder / "file", Staging::copy, nullptr); }
  EXPECT_TRUE(fs::is_empty(folder / "home/blobs/aside"));
  CancelToken cancel;
  cancel.request();
  EXPECT_EQ(store.blobs().stage(folder / "file", Staging::copy, &cancel).error().code, ErrorCode::cancelled);
  EXPECT_TRUE(fs::is_empty(folder / "home/blobs/aside"));
}

/// Safetensors of such bytes as test a hash's parts: it ends behind what A1111's first hash is of.
std::string hashed_file() {
  std::string file("\x18\0\0\0\0\0\0\0{\"__metadata__\":{}}     ", 32);
  for (int i = 0; i < 0x120000; ++i) file += static_cast<char>(i * 7 + i / 251);
  return file;
}

TEST(Hashes, AreThoseThatOtherProgramsCompute) {
  const TemporaryFolder folder;
  folder.write("a.safetensors", hashed_file());
  const FileDigests digests = digests_of_file(folder / "a.safetensors", nullptr).value();
  // Python's hashlib: of all of it, of what follows the header, of [0x100000:0x110000].
  EXPECT_EQ(digests.sha256, "41e768c5e496baccec99edf809b932b4e2253e39ac549280d3062cee34f9ab80");
  EXPECT_EQ(digests.tensors_sha256, "42c373f1a45f01115c726d829cefa2b55258ceada76bf521e0725a4e42d0374d");
  EXPECT_EQ(digests.auto_v1, "8db36708");
}

TEST(Hashes, AHeaderLongerThanTheFileHasNoTensors) {
  const TemporaryFolder folder;
  folder.write("a", std::string("\xff\xff\xff\xff\xff\xff\xff\xff{", 9));
  EXPECT_EQ(digests_of_file(folder / "a", nullptr).value().tensors_sha256, "");
}

TEST(Store, AFileIsFoundByTheFirstDigitsOfEachHash) {
  const TemporaryFolder folder;
  Store store(folder.path());
  Record a = linked("a", "/a");
  a.stamp.bytes = 2 << 20;
  a.sha256 = "41e768c5e496bacc";
  a.tensors_sha256 = "42c373f1a45f0111";
  a.auto_v1 = "8db36708";
  Record b = a;
  b.name = "cafecafe";
  b.path = "/b";
  b.sha256 = "99e768c5e496bacc";
  b.tensors_sha256.clear();
  for (const Record& one : {a, b}) ASSERT_TRUE(store.add(one, {}, nullptr, Store::Naming::exactly));
  for (const char* digits : {"41e768c5", "41E768C5E4", "0x42c373f1a45f"}) {
    ASSERT_TRUE(store.find_name_or_hash(digits).value()) << digits;
    EXPECT_EQ(store.find_name_or_hash(digits).value()->name, "a") << digits;
  }
  for (const char* none : {"41e768c", "41e768c5x", "52c373f1"}) EXPECT_FALSE(store.find_name_or_hash(none).value());
  EXPECT_THAT(store.find_name_or_hash("8db36708").error().message, HasSubstr("is that of \"a\" and of \"cafecafe\""));
  EXPECT_EQ(store.find_name_or_hash("cafecafe").value()->path, "/b") << "a name goes first";
}

TEST(Store, ALibraryOfAnOlderProgramIsReadAndBroughtUpToDate) {
  const TemporaryFolder folder;
  {
    Database old = Database::for_writing(folder / "library.db", std::span(kMigrations).first(1));
    old.run("INSERT INTO models(name, path, bytes, mtime, inode, sha256, added) VALUES ('a', '/a', 1, 2, 3, 'ab', 4)");
  }
  EXPECT_EQ(Store(folder.path()).list().value().at(0).sha256, "ab");
  Store store(folder.path());
  Record record = *store.find("a").value();
  record.auto_v1 = "8db36708";
  ASSERT_TRUE(store.remember_hashes(record));
  EXPECT_EQ(Store(folder.path()).find("a").value()->auto_v1, "8db36708");
}

TEST(Store, SweepingTakesWhatIsLeftOverAndLeavesWhatIsInUse) {
  const TemporaryFolder folder;
  folder.write("file", "bytes");
  Store store(folder / "home");
  const Record kept = add_blob(store, folder / "file", "a").value().record;
  folder.write("home/blobs/aside/1-0.part", "left");
  const std::string unused(64, 'a');
  folder.write("home/blobs/sha256/aa/" + unused, "unused");
  folder.write("other", "others");
  const auto in_work = store.blobs().stage(folder / "other", Staging::copy, nullptr);
  const Swept swept = store.sweep().value();
  EXPECT_EQ(swept.blobs, 1);
  EXPECT_EQ(swept.bytes, 4u + 6u);
  EXPECT_TRUE(fs::exists(store.file_of(kept)));
  EXPECT_TRUE(store.blobs().place(in_work.value()));
}

TEST(Store, ManyAtOnceAreAllOrNothing) {
  const TemporaryFolder folder;
  Store store(folder.path());
  const Status failed = store.together([&]() -> Status {
    static_cast<void>(store.add(linked("a", "/a"), {}, nullptr, Store::Naming::as_it_comes));
    return Error{ErrorCode::io, "no more", {}};
  });
  EXPECT_EQ(failed.error().message, "no more");
  EXPECT_THAT(store.list().value(), IsEmpty());
}

TEST(Store, RenamingToATakenNameIsRefused) {
  const TemporaryFolder folder;
  Store store(folder.path());
  for (const char* name : {"a", "b"}) {
    ASSERT_TRUE(store.add(linked(name, name), {}, nullptr, Store::Naming::as_it_comes));
  }
  EXPECT_THAT(store.rename("a", "B").error().message, HasSubstr("is taken"));
  EXPECT_EQ(store.rename("c", "d").error().code, ErrorCode::not_found);
  EXPECT_TRUE(store.rename("a", "A"));
  EXPECT_EQ(store.find("a").value()->name, "A");
}

TEST(Store, ADamagedLibrarySaysSo) {
  const TemporaryFolder folder;
  folder.write("library.db", std::string(5000, 'x'));
  Store store(folder.path());
  const auto list = store.list();
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().code, ErrorCode::bad_file);
  EXPECT_THAT(list.error().text(), testing::AllOf(HasSubstr("library.db"), HasSubstr("is damaged")));
  EXPECT_EQ(store.rename("a", "b").error().code, ErrorCode::bad_file);
}

TEST(Store, ALibraryOfANewerProgramIsLeftAlone) {
  const TemporaryFolder folder;
  ASSERT_TRUE(Store(folder.path()).add(linked("a", "/a"), {}, nullptr, Store::Naming::as_it_comes));
  Database::for_writing(folder / "library.db", kMigrations).run("PRAGMA user_version = 99");
  Store store(folder.path());
  EXPECT_THAT(store.list().error().message, HasSubstr("newer pixelforge: got schema 99"));
  EXPECT_EQ(store.remove("a").error().code, ErrorCode::unsupported);
}

TEST(Store, ManyWritersWaitForEachOther) {
  const TemporaryFolder folder;
  std::vector<std::thread> writers;
  std::atomic<int> added = 0;
  for (int t = 0; t < 4; ++t) {
    writers.emplace_back([&, t] {
      Store store(folder.path());
      for (int i = 0; i < 10; ++i) {
        added += store.add(linked("a", fmt::format("/{}/{}", t, i)), {}, nullptr, Store::Naming::as_it_comes).ok();
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(added, 40);
  EXPECT_EQ(Store(folder.path()).list().value().size(), 40u);
}

}  // namespace
}  // namespace pxf::test
