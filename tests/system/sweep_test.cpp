// Does a sweep give the same results however it is run, and is nothing lost when it is not run to its end?
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/process.h"
#include "tests/support/sweep_sample.h"
#include "tests/support/temporary_directory.h"

namespace crossweave::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

Finished crossweave(const fs::path& directory, const std::vector<std::string>& arguments) {
  return run_program(CROSSWEAVE_BINARY, arguments, directory);
}

/// Twelve points: three of them end at the time limit, and two do not fit their chip.
constexpr const char* kAxes =
    "  mapping.extra_pes: [0, 1, 2]\n"
    "  kind:\n"
    "    points:\n"
    "      plain: {mapping.duplication: none}\n"
    "      copied: {mapping.duplication: bottleneck}\n"
    "      short: {simulation.time_limit: 3 us}\n"
    "      tiny: {architecture.chip.tiles: 1, architecture.tile.pes: 2}\n";

/// The files that a sweep of `axes` leaves.
struct Results {
  std::string content;
  std::string csv;
  std::string json;
  std::string page;

  explicit Results(const fs::path& directory)
      : content{content_of(directory / "sweep.db")},
        csv{read_file(directory / "sweep.csv")},
        json{read_file(directory / "sweep.json")},
        page{read_file(directory / "report.html")} {}

  friend bool operator==(const Results&, const Results&) = default;
};

/// A sweep under way in a process of its own.
class Running {
 public:
  /// As a shell starts what runs behind a script, with SIGINT ignored, if `behind`.
  Running(const fs::path& directory, std::vector<std::string> arguments, bool behind = false) {
    process_ = fork();
    if (process_ == 0) {
      setpgid(0, 0);
      if (behind) {
        std::signal(SIGINT, SIG_IGN);
      }
      std::vector<char*> words{const_cast<char*>(CROSSWEAVE_BINARY)};
      for (std::string& argument : arguments) {
        words.push_back(argument.data());
      }
      words.push_back(nullptr);
      if (chdir(directory.c_str()) == 0 && freopen("/dev/null", "w", stdout) != nullptr &&
          freopen("log", "w", stderr) != nullptr) {
        execv(CROSSWEAVE_BINARY, words.data());
      }
      _exit(127);
    }
  }

  [[nodiscard]] pid_t process() const { return process_; }
  void send(int signal) const { kill(process_, signal); }
  /// As Ctrl-C does: to all its processes.
  void send_to_all(int signal) const { kill(-process_, signal); }
  [[nodiscard]] int wait() const {
    int status = 0;
    waitpid(process_, &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t process_{0};
};

std::size_t results_in(const fs::path& database) {
  try {
    return std::stoul(query(database, "SELECT (SELECT count(*) FROM results) + (SELECT count(*) FROM errors)"));
  } catch (const std::exception&) {
    return 0;  // not there yet
  }
}

void wait_for_results(const fs::path& database, std::size_t count) {
  for (int tries = 0; results_in(database) < count; ++tries) {
    REQUIRE(tries < 5000);
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
}

/// Kills a sweep three times in its midst, resumes it, and checks that it lost nothing.
void check_kills(const fs::path& directory, std::size_t points) {
  const std::vector<std::string> arguments{"sweep", "sweep.yaml", "-j", "2", "--resume", "--out", "killed"};
  const fs::path database = directory / "killed/sweep.db";
  std::size_t before = 0;
  for (const std::size_t quarter : {1U, 2U, 3U}) {
    const Running running{directory, arguments};
    wait_for_results(database, points * quarter / 4);
    running.send(SIGKILL);
    CHECK(running.wait() == 128 + SIGKILL);
    const std::size_t now = results_in(database);
    CHECK(now >= before);
    CHECK(now < points);
    before = now;
  }
  REQUIRE(crossweave(directory, arguments).status == 0);
  REQUIRE(crossweave(directory, {"sweep", "sweep.yaml", "-j", "2", "--out", "clean"}).status == 0);
  CHECK(Results{directory / "killed"} == Results{directory / "clean"});
}

}  // namespace

TEST_CASE("a sweep has the figures of each run, and a failed point its reason") {
  const TemporaryDirectory work;
  write_small_sweep(work.path(), kAxes);
  const Finished sweep = crossweave(work.path(), {"sweep", "sweep.yaml", "-j", "2"});
  REQUIRE(sweep.status == 0);
  CHECK(sweep.out ==
        "points        12: 7 completed, 3 ended unfinished, 2 failed\n"
        "files         out/sweep: sweep.db, sweep.csv, sweep.json, report.html\n");
  CHECK(sweep.err.find("12 of 12 points") != std::string::npos);
  const fs::path database = work.path() / "out/sweep/sweep.db";
  CHECK(query(database, "SELECT name, points FROM sweep") == "sweep|12\n");
  CHECK(query(database,
              "SELECT point, \"mapping.extra_pes\", kind, outcome, pes FROM runs WHERE error IS NULL "
              "ORDER BY point") ==
        "0|0|plain|completed|2\n1|0|copied|completed|2\n2|0|short|time_limit|2\n3|0|tiny|completed|2\n"
        "4|1|plain|completed|3\n5|1|copied|completed|3\n6|1|short|time_limit|3\n"
        "8|2|plain|completed|4\n9|2|copied|completed|4\n10|2|short|time_limit|4\n");
  CHECK(
      query(database, "SELECT point, error FROM runs WHERE outcome IS NULL ORDER BY point").find("7|sweep.yaml:11:") ==
      0);
  CHECK(query(database, "SELECT DISTINCT status FROM errors") == "2\n");
  // The point that `crossweave run` gives, figure by figure.
  const std::string resolved = query(database,
                                     "SELECT resolved FROM configs JOIN points USING (config_hash) "
                                     "WHERE point = 9");
  const std::string network = query(database, "SELECT network FROM networks");
  std::ofstream{work.path() / "run.yaml"} << resolved;
  std::ofstream{work.path() / "network.yaml"} << network;
  REQUIRE(crossweave(work.path(), {"run", "run.yaml", "--quiet", "--out", "run"}).status == 0);
  const Json summary = Json::parse(read_file(work.path() / "run/summary.json"));
  const Json exported = Json::parse(read_file(work.path() / "out/sweep/sweep.json"))[9];
  for (const auto& [key, value] : summary.items()) {
    INFO(key);
    if (key == "network" || key == "traffic" || key == "pe_states" || key == "inference") {
      for (const auto& [inner, figure] : value.items()) {
        if (inner != "latencies_ps") {  // of single images
          CHECK(exported.at(std::string{key}.append(".").append(inner)) == figure);
        }
      }
    } else if (key == "critical_path") {
      for (const auto& [state, share] : value.at("states").items()) {
        CHECK(exported.at("critical_path.states." + state) == share);
      }
    } else if (key == "duplicates") {
      CHECK(Json::parse(exported.at(key).get<std::string>()) == value);
    } else if (key != "layers") {
      CHECK(exported.at(key) == value);
    }
  }
}

TEST_CASE("a sweep gives the same bytes whatever the processes, parts and interruptions") {
  const TemporaryDirectory work;
  write_small_sweep(work.path(), kAxes);
  const auto run = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"sweep", "sweep.yaml", "--quiet"});
    const Finished finished = crossweave(work.path(), options);
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    CHECK(finished.err.empty());
  };
  run({"-j", "1", "--out", "one"});
  const Results one{work.path() / "one"};
  run({"-j", "3", "--out", "three"});
  CHECK(Results{work.path() / "three"} == one);
  for (const char* part : {"3/3", "1/3", "2/3"}) {
    run({"--shard", part, "--out", "parts"});
  }
  CHECK_FALSE(fs::exists(work.path() / "parts/sweep.csv"));
  const std::vector<std::string> parts{"parts/shard-2-of-3.db", "parts/shard-1-of-3.db", "parts/shard-3-of-3.db"};
  std::vector<std::string> merge{"merge"};
  merge.insert(merge.end(), parts.begin(), parts.end());
  CHECK(crossweave(work.path(), merge).out ==
        "points        12: 7 completed, 3 ended unfinished, 2 failed\n"
        "files         parts: sweep.db, sweep.csv, sweep.json, report.html\n");
  CHECK(Results{work.path() / "parts"} == one);
  // Again, with less: what is there already counts, and what is lost is run anew.
  merge.resize(3);
  CHECK(crossweave(work.path(), merge).status == 0);
  CHECK(query(work.path() / "three/sweep.db",
              "DELETE FROM results WHERE config_hash IN (SELECT config_hash FROM points WHERE point IN (1, 5))")
            .empty());
  run({"--resume", "--out", "three"});
  CHECK(Results{work.path() / "three"} == one);
  // From another folder: no path of this machine is in the results.
  const Finished elsewhere =
      crossweave("/", {"sweep", (work.path() / "sweep.yaml").string(), "--out", (work.path() / "elsewhere").string()});
  REQUIRE(elsewhere.status == 0);
  CHECK(Results{work.path() / "elsewhere"} == one);
}

TEST_CASE("a point of a sweep is a run of its own, with the same configuration and figures") {
  const TemporaryDirectory work;
  write_small_sweep(work.path(), kAxes);
  REQUIRE(crossweave(work.path(), {"sweep", "sweep.yaml", "--quiet", "--out", "o"}).status == 0);
  const Finished point = crossweave(work.path(), {"run", "o", "--point", "9", "--report", "--quiet"});
  INFO(point.err);
  REQUIRE(point.status == 0);
  const Json summary = Json::parse(read_file(work.path() / "o/runs/9/summary.json"));
  const Json row = Json::parse(read_file(work.path() / "o/sweep.json"))[9];
  CHECK(summary["config_hash"] == row["config_hash"]);
  CHECK(summary["latency_ps"] == row["latency_ps"]);
  CHECK(fs::exists(work.path() / "o/runs/9/report.html"));
  // From the database itself, into another folder, and with something changed.
  REQUIRE(crossweave(work.path(), {"run", "o/sweep.db", "--point", "9", "--out", "p", "--quiet"}).status == 0);
  CHECK(read_file(work.path() / "p/summary.json") == read_file(work.path() / "o/runs/9/summary.json"));
  REQUIRE(crossweave(work.path(), {"run", "o", "--point", "9", "--out", "q", "--quiet", "--set", "mapping.extra_pes=0"})
              .status == 0);
  CHECK(Json::parse(read_file(work.path() / "q/summary.json"))["pes"] == 2);
  CHECK(crossweave(work.path(), {"run", "o", "--point", "2", "--quiet"}).status == 3);
}

TEST_CASE("a dry run lists the points that conditions leave, and writes nothing") {
  const TemporaryDirectory work;
  write_small_sweep(work.path(), kAxes, "where: [pes <= 3, kind != tiny or mapping.extra_pes == 0]\n");
  const Finished sweep = crossweave(work.path(), {"sweep", "sweep.yaml", "--dry-run"});
  REQUIRE(sweep.status == 0);
  CHECK(sweep.out.find("    5  1                  copied") != std::string::npos);
  CHECK(sweep.out.find("\n7 points, 0 of them wrong; 7 different runs of 4 schedules\n") != std::string::npos);
  CHECK_FALSE(fs::exists(work.path() / "out"));
}

TEST_CASE("an axis that is named like a figure hides it from none but the view") {
  const TemporaryDirectory work;
  write_small_sweep(work.path(),
                    "  outcome: {points: {good: {mapping.extra_pes: 0}, better: {mapping.extra_pes: 1}}}\n");
  const Finished sweep = crossweave(work.path(), {"sweep", "sweep.yaml", "--out", "o"});
  CHECK(sweep.status == 0);
  CHECK(sweep.out.starts_with("points        2: 2 completed\n"));
  CHECK(query(work.path() / "o/sweep.db", "SELECT outcome FROM runs ORDER BY point") == "good\nbetter\n");
}

TEST_CASE("a sweep that was interrupted says so and goes on where it was") {
  const TemporaryDirectory work;
  write_small_sweep(work.path(), "  mapping.extra_pes: {from: 0, to: 39, step: 1}\n");
  const bool behind = GENERATE(false, true);
  const Running running{work.path(), {"sweep", "sweep.yaml", "-j", "2", "--out", "o"}, behind};
  wait_for_results(work.path() / "o/sweep.db", 5);
  running.send_to_all(SIGINT);
  CHECK(running.wait() == 128 + SIGINT);
  CHECK(read_file(work.path() / "log").find("stopped; o/sweep.db has what is done") != std::string::npos);
  CHECK(query(work.path() / "o/sweep.db", "SELECT count(*) FROM errors") == "0\n");
  CHECK(results_in(work.path() / "o/sweep.db") < 40);
  const Finished again = crossweave(work.path(), {"sweep", "sweep.yaml", "--out", "o"});
  CHECK(again.status == 2);
  const Finished resumed = crossweave(work.path(), {"sweep", "sweep.yaml", "--out", "o", "--resume"});
  CHECK(resumed.status == 0);
  CHECK(resumed.out.starts_with("points        40: 40 completed\n"));
}

TEST_CASE("a sweep takes networks that do not fit in segments, as a run does") {
  const TemporaryDirectory work;
  write_small_sweep(work.path(),
                    "  mapping.pes: [1, 2]\n"
                    "  kind:\n"
                    "    points:\n"
                    "      rewritten: {mapping.rewrite: allow}\n"
                    "      short: {mapping.rewrite: allow, simulation.time_limit: 3 us}\n"
                    "      resident: {mapping.rewrite: refuse}\n"
                    "      unknown: {mapping.rewrite: allow, architecture: " CROSSWEAVE_SOURCE_DIR
                    "/configs/architectures/paper.yaml}\n");
  fs::path sweep_file = work.path() / "sweep.yaml";
  std::string text = read_file(sweep_file);
  text.replace(text.find("paper.yaml"), 10, "paper-mesh.yaml");
  std::ofstream{sweep_file} << text;
  const Finished sweep = crossweave(work.path(), {"sweep", "sweep.yaml", "-j", "2", "--quiet", "--out", "o"});
  REQUIRE(sweep.status == 0);
  const fs::path database = work.path() / "o/sweep.db";
  CHECK(query(database, "SELECT point, outcome, \"rewriting.segments\" FROM runs WHERE error IS NULL ORDER BY point") ==
        "0|completed|2\n1|time_limit|NULL\n4|completed|NULL\n5|time_limit|NULL\n6|completed|NULL\n"
        "7|completed|NULL\n");
  CHECK(query(database, "SELECT error FROM runs WHERE point = 2").find("at least 2") != std::string::npos);
  CHECK(query(database, "SELECT error FROM runs WHERE point = 3").find("crossbar.write") != std::string::npos);
  std::ofstream{work.path() / "run.yaml"}
      << query(database, "SELECT resolved FROM configs JOIN points USING (config_hash) WHERE point = 0");
  std::ofstream{work.path() / "network.yaml"} << query(database, "SELECT network FROM networks");
  REQUIRE(crossweave(work.path(), {"run", "run.yaml", "--quiet", "--out", "run"}).status == 0);
  const Json summary = Json::parse(read_file(work.path() / "run/summary.json"));
  CHECK(query(database, "SELECT config_hash, latency_ps, write_ps, \"traffic.byte_hops\" FROM runs WHERE point = 0") ==
        summary["config_hash"].get<std::string>() + "|" + summary["latency_ps"].dump() + "|" +
            summary["write_ps"].dump() + "|" + summary["traffic"]["byte_hops"].dump() + "\n");
}

TEST_CASE("numbers that are zipped with networks are drawn as numbers") {
  const TemporaryDirectory work;
  write_small_sweep(work.path(),
                    "  nets:\n"
                    "    zip:\n"
                    "      network: [large.yaml, small.yaml]\n"
                    "      mapping.pes: [40, 20]\n");
  std::string large = read_file(work.path() / "small.yaml");
  large.replace(large.find("small"), 5, "large");
  std::ofstream{work.path() / "large.yaml"} << large;
  REQUIRE(crossweave(work.path(), {"sweep", "sweep.yaml", "--quiet", "--out", "o"}).status == 0);
  REQUIRE(crossweave(work.path(), {"plot", "o", "--kind", "speedup", "-o", "x.svg"}).status == 0);
  const std::string svg = read_file(work.path() / "x.svg");
  const std::size_t twenty = svg.find(">20</text>");
  const std::size_t forty = svg.find(">40</text>");
  REQUIRE(twenty != std::string::npos);
  CHECK(twenty < forty);
  CHECK(forty != std::string::npos);
  CHECK(svg.find(">small</text>") == std::string::npos);
}

TEST_CASE("a sweep whose process is killed at a point says so by its status, and runs the point again") {
  const TemporaryDirectory work;
  // Points that take so long that the first is still under way when it is seen.
  std::ofstream{work.path() / "sweep.yaml"}
      << "base: " CROSSWEAVE_SOURCE_DIR
         "/configs/runs/paper.yaml\n"
         "axes: {mapping.extra_pes: [0, 32], schedule.set.rows: [1], schedule.set.columns: [1]}\n";
  const Running running{work.path(), {"sweep", "sweep.yaml", "-j", "1", "--out", "o"}};
  pid_t child = 0;
  for (int tries = 0; child == 0; ++tries) {
    REQUIRE(tries < 5000);
    const std::string process = std::to_string(running.process());
    std::ifstream{"/proc/" + process + "/task/" + process + "/children"} >> child;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  kill(child, SIGKILL);
  CHECK(running.wait() == 70);
  CHECK(query(work.path() / "o/sweep.db", "SELECT status FROM errors") == "70\n");
  CHECK(crossweave(work.path(), {"merge", "o/sweep.db", "--out", "merged"}).status == 70);
  const Finished resumed = crossweave(work.path(), {"sweep", "sweep.yaml", "--out", "o", "--resume"});
  CHECK(resumed.status == 0);
  CHECK(resumed.out.starts_with("points        2: 2 completed\n"));
}

TEST_CASE("kills lose nothing of a small sweep") {
  const TemporaryDirectory work;
  write_small_sweep(work.path(), "  mapping.extra_pes: {from: 0, to: 39, step: 1}\n");
  check_kills(work.path(), 40);
}

TEST_CASE("kills lose nothing of a sweep of 1000 points", "[slow]") {
  const TemporaryDirectory work;
  write_small_sweep(work.path(),
                    "  mapping.extra_pes: {from: 0, to: 24, step: 1}\n"
                    "  architecture.crossbar.mvm_latency: {from: 100 ns, to: 4 us, step: 100 ns}\n");
  check_kills(work.path(), 1000);
}

}  // namespace crossweave::test
