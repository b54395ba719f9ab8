// Does `crossweave diff` say what two runs have different, and nothing else?
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/process.h"
#include "tests/support/sweep_sample.h"
#include "tests/support/temporary_directory.h"

namespace crossweave::test {
namespace {

void run(const TemporaryDirectory& work, const std::string& out, std::vector<std::string> options) {
  std::ofstream{work.path() / "run.yaml"}
      << "architecture: " CROSSWEAVE_SOURCE_DIR "/configs/architectures/paper.yaml\nnetwork: small.yaml\n";
  options.insert(options.begin(), {"run", "run.yaml", "--quiet", "--out", out});
  REQUIRE(run_program(CROSSWEAVE_BINARY, options, work.path()).status == 0);
}

}  // namespace

TEST_CASE("a difference of two runs stands with what it changed, the largest first") {
  const TemporaryDirectory work;
  write_small_sweep(work.path(), "  mapping.extra_pes: [0]\n");
  run(work, "a", {});
  run(work, "b", {"--set", "mapping.extra_pes=1", "--set", "mapping.duplication=bottleneck"});
  const Finished diff = run_program(CROSSWEAVE_BINARY, {"diff", "a", "b"}, work.path());
  REQUIRE(diff.status == 0);
  CHECK(
      diff.out.starts_with("key                  a     b\n"
                           "-------------------  ----  ----------\n"
                           "mapping.extra_pes    0     1\n"
                           "mapping.duplication  none  bottleneck\n"
                           "\nfigure "));
  const std::size_t duplicates = diff.out.find("\nduplicates[0] ");
  const std::size_t pes = diff.out.find("\npes  ");
  REQUIRE(duplicates != std::string::npos);
  REQUIRE(pes != std::string::npos);
  CHECK(duplicates < pes);  // 1 to 2 is more than 2 to 3
  CHECK(diff.out.find("+50 %") != std::string::npos);
  CHECK(diff.out.find("network") == std::string::npos);
  CHECK(diff.out.find("config_hash") == std::string::npos);
}

TEST_CASE("runs that are the same have no difference, and another network is one") {
  const TemporaryDirectory work;
  write_small_sweep(work.path(), "  mapping.extra_pes: [0]\n");
  run(work, "a", {});
  run(work, "b", {});
  CHECK(run_program(CROSSWEAVE_BINARY, {"diff", "a", "b"}, work.path()).out ==
        "The configurations are the same.\n\nThe figures are the same.\n");
  std::ofstream{work.path() / "small.yaml"} << "name: small\ninput: [8, 8, 3]\nlayers:\n"
                                               "  - {op: conv, filters: 8, kernel: 3}\n";
  run(work, "c", {});
  CHECK(run_program(CROSSWEAVE_BINARY, {"diff", "a", "c"}, work.path())
            .out.starts_with("The networks (network.yaml) differ.\n\nThe configurations are the same.\n"));
}

}  // namespace crossweave::test
