// Does each of the thousand models that the authors of ONNX test with load, or get refused in words?
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "frontend/import/network_file.h"

namespace crossweave {
namespace {

namespace fs = std::filesystem;

/// Far above the milliseconds that any of them takes.
constexpr unsigned kSeconds = 20;

enum class Outcome { loaded = 0, refused = 1, refused_without_a_word = 2 };

/// Every model.onnx of the Debian package libonnx-testdata, in the order of their names.
std::vector<fs::path> models() {
  const std::unique_ptr<FILE, int (*)(FILE*)> list{popen("dpkg -L libonnx-testdata 2>/dev/null", "r"), pclose};
  std::vector<fs::path> files;
  std::array<char, 4096> line{};
  while (list && fgets(line.data(), static_cast<int>(line.size()), list.get()) != nullptr) {
    std::string name{line.data()};
    name.resize(name.find_last_not_of('\n') + 1);
    if (fs::path{name}.filename() == "model.onnx") {
      files.emplace_back(name);
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Reads a model in a process of its own, which an alarm ends. The wait status.
int read_in_child(const fs::path& model) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(kSeconds);
    const Result<NetworkImport> import = import_onnx(model, std::nullopt);
    Outcome outcome = Outcome::loaded;
    if (!import) {
      const bool worded = has_errors(import.error()) && !import.error().front().message.empty();
      outcome = worded ? Outcome::refused : Outcome::refused_without_a_word;
    }
    _exit(static_cast<int>(outcome));
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return status;
}

}  // namespace

TEST_CASE("the test models of ONNX load or are refused in words", "[onnx][slow]") {
  const std::vector<fs::path> files = models();
  if (files.empty()) {
    FAIL("the Debian package libonnx-testdata is not installed (./test.sh installs it)");
  }
  int loaded = 0;
  int refused = 0;
  for (const fs::path& file : files) {
    const int status = read_in_child(file);
    INFO(file.string() << (WIFSIGNALED(status) ? ": signal " + std::to_string(WTERMSIG(status)) : ""));
    REQUIRE(WIFEXITED(status));
    const auto outcome = static_cast<Outcome>(WEXITSTATUS(status));
    CHECK(outcome != Outcome::refused_without_a_word);
    ++(outcome == Outcome::loaded ? loaded : refused);
  }
  WARN(loaded << " of " << files.size() << " models load, " << refused << " are refused");
  // As measured with version 1.12.0-2, which has 1072.
  CHECK(files.size() >= 1072);
  CHECK(loaded >= 565);
}

}  // namespace crossweave
