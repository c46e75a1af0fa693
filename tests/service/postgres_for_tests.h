// The PostgreSQL that tests/cluster/run has started for tests; without it those that need one skip themselves.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>

#include "service/postgres.h"

namespace pxf::test {

/// Empty: there is none.
inline std::string postgres_for_tests() {
  const char* address = std::getenv("PIXELFORGE_TEST_POSTGRES");
  return address == nullptr ? "" : address;
}

/// Nothing is in it afterwards.
inline std::string empty_postgres() {
  const std::string address = postgres_for_tests();
  if (!address.empty()) PostgresConnection(address).run_script("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  return address;
}

}  // namespace pxf::test
