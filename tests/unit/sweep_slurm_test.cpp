// Are the jobs of a sweep on Slurm what Slurm understands? A real cluster is in tests/slurm.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "frontend/sweep/slurm.h"

namespace crossweave::test {
namespace {

const SlurmSweep kSweep{"flit width", "/opt/crossweave", "/data/it's.yaml", "/scratch/50%/out", 3, 4};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("the array of a sweep has a task for each part, which goes on where it was", "[slurm]") {
  CHECK(array_script(kSweep) ==
        "#!/bin/bash\n"
        "#SBATCH --job-name='flit width'\n"
        "#SBATCH --array=1-3\n"
        "#SBATCH --cpus-per-task=4\n"
        "#SBATCH --requeue\n"
        "#SBATCH --open-mode=append\n"
        "#SBATCH --output='/scratch/50%%/out/slurm-%A_%a.out'\n"
        "exec '/opt/crossweave' 'sweep' '/data/it'\\''s.yaml' '-j' '4' '--resume' '--out' '/scratch/50%/out'\n");
  CHECK(merge_script(kSweep).ends_with(
      "exec '/opt/crossweave' 'merge' '/scratch/50%/out/shard-1-of-3.db' '/scratch/50%/out/shard-2-of-3.db' "
      "'/scratch/50%/out/shard-3-of-3.db' '--out' '/scratch/50%/out'\n"));
}

TEST_CASE("the merge of a sweep waits for its array, however that ends", "[slurm]") {
  std::vector<Words> commands;
  const auto jobs = submit("a.sh", "m.sh", [&](const Words& words) -> Result<std::string, Failure> {
    commands.push_back(words);
    return std::string{commands.size() == 1 ? "17;east" : "18"};
  });
  REQUIRE(jobs);
  CHECK(jobs->array == "17");
  CHECK(jobs->merge == "18");
  CHECK(commands == std::vector<Words>{{"sbatch", "--parsable", "a.sh"},
                                       {"sbatch", "--parsable", "--dependency=afterany:17", "m.sh"}});
}

TEST_CASE("what Slurm refuses is said in its words", "[slurm]") {
  const auto none = submit("a.sh", "m.sh", [](const Words&) -> Result<std::string, Failure> {
    return Failure{"sbatch failed: no partition"};
  });
  REQUIRE_FALSE(none);
  CHECK(none.error().message == "sbatch failed: no partition");
  const auto half = submit("a.sh", "m.sh", [](const Words& words) -> Result<std::string, Failure> {
    return words.size() == 3 ? Result<std::string, Failure>{std::string{"5"}} : Failure{"sbatch failed: full"};
  });
  REQUIRE_FALSE(half);
  CHECK(half.error().message == "sbatch failed: full; the array is job 5");
}

TEST_CASE("the queue tells how far the jobs are", "[slurm]") {
  std::string listed;
  const auto state = [&] {
    return *state_of({"5", "6"}, [&](const Words&) -> Result<std::string, Failure> { return listed; });
  };
  listed = "5 RUNNING\n5 PENDING\n5 REQUEUED\n5 COMPLETING\n6 PENDING\n7 RUNNING";
  CHECK(state() == SlurmState{2, 2, false});
  listed = "6 RUNNING";
  CHECK(state() == SlurmState{0, 0, false});
  listed = "";
  CHECK(state() == SlurmState{0, 0, true});
}

TEST_CASE("words of a command reach it as they are, and its complaint comes back", "[slurm]") {
  CHECK(*run_command({"printf", "%s|", "a b", "it's", "$HOME"}) == "a b|it's|$HOME|");
  const auto failed = run_command({"sh", "-c", "echo no >&2; exit 3"});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message == "sh failed: no");
}

}  // namespace crossweave::test
